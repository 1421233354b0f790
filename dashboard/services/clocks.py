"""The time by which ages are told: the target's own where it has one."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from agenticai.dashboard.services.port import Missing

if TYPE_CHECKING:
    from agenticai.emulator.core.bench_records import ClockReading


class Timed(Protocol):
    """What has a clock, or not."""

    def clock(self) -> "ClockReading | Missing":
        """The target's time."""
        ...


def now_of(source: Timed) -> datetime:
    """Return the target's time; this machine's where the target has none of its own."""
    reading = source.clock()
    return datetime.now(UTC) if isinstance(reading, Missing) else reading.now
