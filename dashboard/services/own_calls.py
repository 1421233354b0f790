"""Counts the AWS calls that the dashboard itself makes, and what they cost."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from agenticai.client.cost.call_price import price_call
from agenticai.stack.target import Capability, Target

if TYPE_CHECKING:
    from botocore.model import OperationModel

SERVICES: Final = ("sqs", "logs", "s3", "lambda", "cloudwatch", "dynamodb")
"""The services that pages call."""

BILLED_SERVICES: Final = (*SERVICES, "freetier")
"""The services that pages call on AWS."""

MINUTE: Final = 60.0


class OwnCalls:
    """Counts calls of AWS clients. Thread-safe.

    `usd` is the cost of the calls without the free tier; None if the target bills nothing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._total = 0
        self._latest: deque[float] = deque()
        self.usd: float | None = None

    def watch(self, target: Target) -> None:
        """Count the calls of a target's clients."""
        billed = Capability.METRICS in target.capabilities
        if billed:
            self.usd = self.usd or 0.0
        for service in BILLED_SERVICES if billed else SERVICES:
            events = target.client(service).meta.events
            events.register("before-parameter-build.*.*", self._price if billed else self.count)

    def count(self, **_: Any) -> None:
        """Count one call; a handler of botocore's event `before-parameter-build`."""
        with self._lock:
            self._total += 1
            self._latest.append(self._clock())

    def _price(self, *, model: "OperationModel", params: Mapping[str, Any], **_: Any) -> None:
        self.count()
        usd = price_call(model.service_model.endpoint_prefix, model.name, params)
        with self._lock:
            self.usd = (self.usd or 0.0) + usd

    def read_counts(self) -> tuple[int, int]:
        """Return the number of calls in all, and in the last minute."""
        with self._lock:
            while self._latest and self._latest[0] <= self._clock() - MINUTE:
                self._latest.popleft()
            return self._total, len(self._latest)

    def summarize(self) -> str:
        """Return the counts as a sentence for the page."""
        total, latest = self.read_counts()
        calls = "call" if total == 1 else "calls"
        sentence = f"The dashboard made {total:,} AWS {calls} since it started, {latest:,} of them in the last minute"
        if self.usd is None:
            return f"{sentence}."
        return f"{sentence}; without the free tier, they cost ${self.usd:.6f}."
