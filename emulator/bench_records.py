"""What the control API tells of the clock and of the work that is left."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from agenticai.emulator.meter.records import Record

SECRET_FILE = "control-token"  # noqa: S105 - the name of a file
"""In the run's folder: the secret that the control API asks for, where the port is reached from elsewhere."""

Dispatch = Literal["free", "stepped"]
"""How messages reach functions: at any time and several at once, or one by one and only while the engine settles."""


class ClockReading(Record):
    """The engine's time, and how many seconds of it were skipped."""

    now: datetime
    ahead_s: float


class Settled(Record):
    """Why `settle` returned: all is quiet, a fault holds a call back, or enough deliveries were worked on.

    `skipped_s` is how far the clock was moved meanwhile.
    """

    quiet: bool
    held: bool
    deliveries: int
    skipped_s: float


class StartAheadRequest(Record):
    """The functions that shall have an environment started ahead of need, in this order."""

    functions: tuple[str, ...]


class DispatchRequest(Record):
    """How messages shall reach functions from now on."""

    mode: Dispatch


class SettleRequest(Record):
    """How far to work: for so many deliveries or to the end, through skipped time or not; `timeout_s` is real time."""

    deliveries: int | None = Field(default=None, ge=0)
    skip: bool = True
    timeout_s: float = Field(default=60.0, gt=0, allow_inf_nan=False)


class AdvanceRequest(Record):
    """By how many seconds to move the clock."""

    seconds: float = Field(gt=0, allow_inf_nan=False)
