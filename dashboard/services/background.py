"""A cache for slow reads: a look returns the latest known answer and refreshes it in a background thread."""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")
Start = Callable[[Callable[[], None]], object]
"""Runs a function in the background."""

OLDEST_SECONDS: Final = 30.0
"""An answer older than this is not returned; the caller waits for a new one."""


def start_thread(work: Callable[[], None]) -> None:
    """Run a function in a daemon thread, which ends with this process."""
    threading.Thread(target=work, daemon=True, name="reading").start()


class Latest(Generic[T]):
    """Caches the latest answer of a slow source. Thread-safe.

    The first look waits for the answer, as does one after a long pause and one at another source.
    """

    def __init__(self, start: Start = start_thread, clock: Callable[[], float] = time.monotonic) -> None:
        self._start = start
        self._clock = clock
        self._lock = threading.Lock()
        self._source: object = None
        self._answers: list[tuple[float, T]] = []
        self._error: Exception | None = None
        self._reading = False

    def look(self, of: object, read: Callable[[], T]) -> T:
        """Return the latest answer of the source `of`, which `read` reads.

        Raises what `read` raises, at once or at the next look.
        """
        with self._lock:
            if self._source is not of or not self._answers or self._answers[0][0] < self._clock() - OLDEST_SECONDS:
                self._source, self._answers, self._error = of, [(self._clock(), read())], None
            elif self._error:
                error, self._error = self._error, None
                raise error
            elif not self._reading:
                self._reading = True
                self._start(lambda: self._read(of, read))
            return self._answers[0][1]

    def _read(self, of: object, read: Callable[[], T]) -> None:
        answer, error = list[tuple[float, T]](), None
        try:
            answer = [(self._clock(), read())]
        except Exception as exception:  # noqa: BLE001 - the thread's edge: the next look raises it
            error = exception
        self._reading = False
        if self._source is of:
            self._answers, self._error = answer or self._answers, error
