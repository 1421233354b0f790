"""The base of every part of a scenario file: closed sections, durations, and the keys of projects."""

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

ProjectKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""The short name of a project in a scenario file."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = rf"^(\d+(?:\.\d+)?)([{''.join(_UNITS)}])$"


class Section(BaseModel):
    """A part of a scenario file: nothing in it is unknown, and nothing in it changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _parse_seconds(text: object) -> object:
    """Convert a duration such as 45s, 90m, 2h or 1d to seconds."""
    found = re.fullmatch(_DURATION, text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("should be a number and a unit, such as 45s, 90m, 2h or 1d")
    return float(found[1]) * _UNITS[found[2]]


Duration = Annotated[
    float,
    BeforeValidator(_parse_seconds),
    WithJsonSchema({"type": "string", "pattern": _DURATION, "examples": ["90m"]}),
]
"""Seconds, written as a number and a unit."""
