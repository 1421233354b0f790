"""The deeper check: whether the API reaches the things that it stands on, all asked at once."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from shared.identifiers import Clock
from shared.models.answers import Check
from shared.models.errors import Retryable

Ask = Callable[[], object]
"""Asks one thing whether it is there; raises `Retryable` if it does not say so within a short time."""


class HealthChecks:
    """Asks each of the `things`, which are connected to when they are first asked; `note` is told of a failure."""

    def __init__(self, things: Callable[[], Mapping[str, Ask]], clock: Clock, note: Callable[[str], object]) -> None:
        self._things = things
        self._clock = clock
        self._note = note

    def report(self) -> list[Check]:
        """Return what answered, in the order of the things."""
        things = self._things()
        with ThreadPoolExecutor(len(things)) as pool:
            return list(pool.map(self._check, things.keys(), things.values()))

    def _check(self, name: str, ask: Ask) -> Check:
        begun = self._clock()
        try:
            ask()
            ok = True
        except Retryable as reason:
            self._note(f"{name}: {reason}")
            ok = False
        return Check(name=name, ok=ok, milliseconds=round((self._clock() - begun).total_seconds() * 1000))
