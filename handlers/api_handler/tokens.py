"""The API's tokens: the stored one, and for a while the one before it, so that rotation locks nobody out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from shared.identifiers import Clock

FRESH: Final = timedelta(seconds=60)
"""How long what was read counts; a new token is known everywhere after that."""

GRACE: Final = timedelta(hours=24)
"""How long the token before is valid after a rotation."""


class StoredToken(NamedTuple):
    """One version of the stored token, and when it was written."""

    value: str
    version: int
    since: datetime


ReadToken = Callable[[int | None], StoredToken | None]
"""Reads one version, the newest for None; None if it is gone. Raises `shared.errors.Retryable`."""


class Tokens:
    """The tokens that are valid now, read again when what was read is no longer fresh."""

    def __init__(self, read: ReadToken, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._valid: tuple[str, ...] = ()
        self._until: datetime | None = None

    def valid(self) -> tuple[str, ...]:
        """The current token and, within its grace, the one before."""
        at = self._clock()
        if self._until is None or at >= self._until:
            self._valid = self._current(at)
            self._until = at + FRESH
        return self._valid

    def _current(self, at: datetime) -> tuple[str, ...]:
        current = self._read(None)
        if current is None:
            return ()
        before = self._read(current.version - 1) if current.version > 1 and at - current.since < GRACE else None
        return (current.value, before.value) if before else (current.value,)
