"""The time from which ages are computed: the target's own clock if it has one."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from agenticai.dashboard.services.port import Missing

if TYPE_CHECKING:
    from agenticai.emulator.core.bench_records import ClockReading


class Timed(Protocol):
    """A source that may have a clock."""

    def clock(self) -> "ClockReading | Missing":
        """Return the target's time."""
        ...


def now_of(source: Timed) -> datetime:
    """Return the target's time, or this machine's if the target has no clock."""
    reading = source.clock()
    return datetime.now(UTC) if isinstance(reading, Missing) else reading.now
