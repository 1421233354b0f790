"""A cache with a time to live, for answers that change slowly and cost something to fetch."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class AnswerCache(Generic[T]):
    """Fetches an answer if none is cached or the cached one is too old. Thread-safe. Raises what the fetch raises."""

    def __init__(self, ask: Callable[[], T], seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._cached: tuple[float, T] | None = None

    def look(self) -> T:
        """Return the answer."""
        with self._lock:
            if self._cached is None or self._clock() - self._cached[0] >= self._seconds:
                self._cached = self._clock(), self._ask()
            return self._cached[1]
