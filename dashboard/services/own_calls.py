"""The AWS calls that the dashboard itself makes, counted as its clients make them."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from agenticai.stack.target import Target

SERVICES: Final = ("sqs", "logs", "s3", "lambda", "cloudwatch")
"""Those that pages ask."""

MINUTE: Final = 60.0


class OwnCalls:
    """Counts calls of AWS clients. Several threads may call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._total = 0
        self._latest: deque[float] = deque()

    def watch(self, target: Target) -> None:
        """Count the calls of a target's clients."""
        for service in SERVICES:
            target.client(service).meta.events.register("before-call.*.*", self.count)

    def count(self, **_: Any) -> None:
        """Count one call, as botocore's event `before-call` tells of it."""
        with self._lock:
            self._total += 1
            self._latest.append(self._clock())

    def so_far(self) -> tuple[int, int]:
        """Return how many there were in all, and in the last minute."""
        with self._lock:
            while self._latest and self._latest[0] <= self._clock() - MINUTE:
                self._latest.popleft()
            return self._total, len(self._latest)
