"""The base classes of all models: immutable, with strict or tolerant handling of unknown fields.

Validators are built on first use: no function uses all models, and building them is part of a cold start.
"""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: immutable, compared by content; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class TolerantModel(BaseModel):
    """A value parsed from a model's or a service's text: unknown fields are dropped, known ones are validated."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
