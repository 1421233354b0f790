"""Polling with growing waits; the one place where this package waits."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Pause = Callable[[float], object]
"""Waits for so many seconds; what it returns is ignored."""


def pause(seconds: float) -> None:
    """Wait, so that Ctrl-C still gets through."""
    threading.Event().wait(seconds)


@dataclass(frozen=True)
class Polling:
    """How often to look at something that takes a while: all figures are seconds."""

    first: float
    longest: float
    limit: float

    def attempts(self, pause: Pause = pause) -> Iterator[None]:
        """Yield at once, then after waits that grow by half from `first` to `longest`, up to `limit` in all.

        Raises TimeoutError when the limit is reached.
        """
        wait, waited = self.first, 0.0
        while waited <= self.limit:
            yield
            pause(wait)
            waited += wait
            wait = min(wait * 1.5, self.longest)
        raise TimeoutError(f"no end after {self.limit:.0f} s")
