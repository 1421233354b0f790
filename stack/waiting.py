"""Polls with growing waits; nothing else in this package waits."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Pause = Callable[[float], object]
"""Waits for a number of seconds; its result is ignored."""


def pause(seconds: float) -> None:
    """Wait; Ctrl-C interrupts it."""
    threading.Event().wait(seconds)


@dataclass(frozen=True)
class Polling:
    """How often to check something that takes a while; all values are seconds."""

    first: float
    longest: float
    limit: float

    def attempts(self, pause: Pause = pause) -> Iterator[None]:
        """Yield immediately, then after waits that grow by half from `first` to `longest`, up to `limit` in total.

        Raises TimeoutError when the limit is reached.
        """
        wait, waited = self.first, 0.0
        while waited <= self.limit:
            yield
            pause(wait)
            waited += wait
            wait = min(wait * 1.5, self.longest)
        raise TimeoutError(f"no end after {self.limit:.0f} s")
