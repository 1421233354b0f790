"""The base of every model: frozen, and closed to fields that it does not name.

Its validator is built when it is first used: no function uses all models, and building them is part of a cold start.
"""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: immutable, compared by content, refusing unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class TolerantModel(BaseModel):
    """A value parsed from text that a model wrote: unknown fields are dropped, known ones checked."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
