"""Formats figures for readers."""

from datetime import timedelta
from typing import Final

_UNITS: Final = {"d": 86400, "h": 3600, "min": 60}


def format_duration(seconds: float) -> str:
    """Format a duration in one unit: 350 ms, 1.4 s, 90 min, 4 h, 2 d."""
    for unit, length in _UNITS.items():
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    if seconds >= 1:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms"


def format_clock(elapsed: timedelta) -> str:
    """Format a time on an axis: 0.4 s, 12 s, 15:02, 1:30:00, 14 d 02:00:00."""
    seconds = elapsed.total_seconds()
    if seconds < 60:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02}:{minutes:02}:{rest:02.0f}"
    return f"{hours}:{minutes:02}:{rest:02.0f}" if hours else f"{minutes}:{rest:04.1f}"


def format_dollars(amount: float) -> str:
    """Format a price with as many digits as it needs."""
    return f"${amount:.5f}" if amount < 1 else f"${amount:,.2f}"
