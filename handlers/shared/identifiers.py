"""New identifiers and the current time, as functions that tests replace."""

from collections.abc import Callable
from datetime import UTC, datetime

from ulid import ULID

Clock = Callable[[], datetime]
Identifiers = Callable[[], str]


def now() -> datetime:
    """Return the time in UTC, to the millisecond, as items store it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def new_ulid() -> str:
    """Return a new ULID: 26 characters that sort by time."""
    return str(ULID())
