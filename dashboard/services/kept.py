"""Answers that are kept for a while, because they change slowly and asking for them costs something."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Asks when nothing is kept yet, or for so many seconds. Several threads may look. Raises what asking raises."""

    def __init__(self, ask: Callable[[], T], seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def look(self) -> T:
        """Return the answer."""
        with self._lock:
            if self._kept is None or self._clock() - self._kept[0] >= self._seconds:
                self._kept = self._clock(), self._ask()
            return self._kept[1]
