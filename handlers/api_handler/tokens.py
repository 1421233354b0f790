"""The API's valid tokens: the stored one and, for a while after a rotation, the previous one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from shared.identifiers import Clock

FRESH: Final = timedelta(seconds=60)
"""How long tokens are cached; after that, a revoked token is refused everywhere."""

JUST_READ: Final = timedelta(seconds=1)
"""How long the cache is trusted to refuse a token, so that wrong tokens cause at most one read per second."""

GRACE: Final = timedelta(hours=24)
"""How long the previous token stays valid after a rotation."""


class StoredToken(NamedTuple):
    """One version of the stored token, and when it was written."""

    value: str
    version: int
    since: datetime


ReadToken = Callable[[int | None], StoredToken | None]
"""Reads one version, the newest for None; returns None if it is gone. Raises `shared.models.errors.Retryable`."""


class Tokens:
    """The tokens that are valid now."""

    def __init__(self, read: ReadToken, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._valid: tuple[str, ...] = ()
        self._read_at: datetime | None = None

    def list_valid(self) -> tuple[str, ...]:
        """Return the current token and, within the grace period, the previous one; cached for up to a minute."""
        return self._read_within(FRESH)

    def refresh(self) -> tuple[str, ...]:
        """Return the same, cached for up to a second, to check a token that `list_valid` does not have."""
        return self._read_within(JUST_READ)

    def _read_within(self, age: timedelta) -> tuple[str, ...]:
        now = self._clock()
        if self._read_at is None or now - self._read_at >= age:
            self._valid, self._read_at = self._read_current(now), now
        return self._valid

    def _read_current(self, now: datetime) -> tuple[str, ...]:
        current = self._read(None)
        if current is None:
            return ()
        previous = self._read(current.version - 1) if current.version > 1 and now - current.since < GRACE else None
        return (current.value, previous.value) if previous else (current.value,)
