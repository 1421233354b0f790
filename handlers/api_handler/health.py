"""The deep health check: calls all of the API's dependencies in parallel."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from shared.identifiers import Clock
from shared.models.answers import Check
from shared.models.errors import Retryable

Ask = Callable[[], object]
"""Checks one dependency; raises `Retryable` if it does not answer within a short time."""


class HealthChecks:
    """Checks the dependencies `things`, which are connected to on first use; `note` is called with each failure."""

    def __init__(self, things: Callable[[], Mapping[str, Ask]], clock: Clock, note: Callable[[str], object]) -> None:
        self._list_dependencies = things
        self._clock = clock
        self._note = note

    def report(self) -> list[Check]:
        """Return the result of each check, in the order of `things`."""
        things = self._list_dependencies()
        with ThreadPoolExecutor(len(things)) as pool:
            return list(pool.map(self._check, things.keys(), things.values()))

    def _check(self, name: str, ask: Ask) -> Check:
        started = self._clock()
        try:
            ask()
            ok = True
        except Retryable as error:
            self._note(f"{name}: {error}")
            ok = False
        return Check(name=name, ok=ok, milliseconds=round((self._clock() - started).total_seconds() * 1000))
