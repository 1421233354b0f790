"""The API's tokens: the stored one, and for a while the one before it, so that rotation locks nobody out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from shared.identifiers import Clock

FRESH: Final = timedelta(seconds=60)
"""How long what was read counts; a token that was revoked is refused everywhere after that."""

JUST_READ: Final = timedelta(seconds=1)
"""How long it counts against a token that is not in it; so wrong ones cost at most one reading a second."""

GRACE: Final = timedelta(hours=24)
"""How long the token before is valid after a rotation."""


class StoredToken(NamedTuple):
    """One version of the stored token, and when it was written."""

    value: str
    version: int
    since: datetime


ReadToken = Callable[[int | None], StoredToken | None]
"""Reads one version, the newest for None; None if it is gone. Raises `shared.models.errors.Retryable`."""


class Tokens:
    """The tokens that are valid now."""

    def __init__(self, read: ReadToken, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._valid: tuple[str, ...] = ()
        self._read_at: datetime | None = None

    def valid(self) -> tuple[str, ...]:
        """Return the current token and, within its grace, the one before; as they were at most a minute ago."""
        return self._read_within(FRESH)

    def renewed(self) -> tuple[str, ...]:
        """Return the same, as they were at most a second ago: what a token that is not known yet may be one of."""
        return self._read_within(JUST_READ)

    def _read_within(self, age: timedelta) -> tuple[str, ...]:
        at = self._clock()
        if self._read_at is None or at - self._read_at >= age:
            self._valid, self._read_at = self._current(at), at
        return self._valid

    def _current(self, at: datetime) -> tuple[str, ...]:
        current = self._read(None)
        if current is None:
            return ()
        before = self._read(current.version - 1) if current.version > 1 and at - current.since < GRACE else None
        return (current.value, before.value) if before else (current.value,)
