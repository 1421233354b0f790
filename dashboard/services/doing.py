"""What functions are doing now: what runs and since when, whether they are throttled, and what failed last."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from agenticai.client.logs import LATE
from agenticai.client.queues.model import Attempt

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from agenticai.emulator.core.bench_records import ClockReading
    from agenticai.emulator.core.usage_records import FinishedInvocation, FunctionActivity
    from agenticai.stack.outputs import StackOutputs

THROTTLED: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RESOURCE_EXHAUSTED",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""The error codes of services that are asked too often."""


@dataclass(frozen=True)
class Doing:
    """What a function is doing now.

    `running` invocations run, the first of them `since`; at most `limit` may for its queue, None where nothing limits
    that. `throttled` of its own calls were refused for their rate. `failed` is its latest failure, and `last` its
    latest invocation that ended.
    """

    running: int = 0
    since: datetime | None = None
    limit: int | None = None
    throttled: int = 0
    failed: Attempt | None = None
    last: "FinishedInvocation | None" = None

    @property
    def at_limit(self) -> bool:
        """Whether no further invocation may begin before one has ended."""
        return self.limit is not None and self.running >= self.limit


class Control(Protocol):
    """What an engine tells."""

    def activity(self) -> "tuple[FunctionActivity, ...]":
        """What each function is doing."""
        ...

    def clock(self) -> "ClockReading":
        """The engine's time."""
        ...


class Failures(Protocol):
    """What tells of deliveries that failed."""

    def last_failure(self, agent: str, since: datetime, now: datetime) -> Attempt | None:
        """Return the latest of an agent; None where there was none since a moment."""
        ...


class EngineDoing:
    """Asks an engine, and the log of a function when it has failed since the last look. Several threads may look.

    `limits` returns how many invocations the queue of each agent may cause at once.
    """

    def __init__(
        self, control: Control, outputs: "StackOutputs", failures: Failures, limits: Callable[[], Mapping[str, int]]
    ) -> None:
        self._control = control
        self._outputs = outputs
        self._failures = failures
        self._limits = limits
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Attempt | None]] = {}

    def look(self) -> Mapping[str, Doing]:
        """Return what each function is doing, by its agent or `api`. Raises ControlError and botocore's errors."""
        told = {one.function: one for one in self._control.activity()}
        with self._lock:
            return {
                name: self._doing(name, told.get(function)) for name, function in self._outputs.function_names.items()
            }

    def _doing(self, name: str, told: "FunctionActivity | None") -> Doing:
        limit = self._limits().get(name)
        if told is None:
            return Doing(limit=limit)
        return Doing(
            running=len(told.running),
            since=told.running[0].started_at if told.running else None,
            limit=limit,
            throttled=sum(number for code, number in told.errors.items() if code in THROTTLED),
            failed=_latest(attempt_of(told.failed), self._logged(name, told.gave_back)),
            last=told.last,
        )

    def _logged(self, name: str, failed: "FinishedInvocation | None") -> Attempt | None:
        """Return what the log tells: a worker that fails says so there, and its invocation ends well all the same."""
        if failed is None or name not in self._outputs.queue_urls:
            return None
        known = self._known.get(name)
        if known and known[0] == failed.request_id:
            return known[1]
        now = self._control.clock().now
        told = self._failures.last_failure(name, failed.started_at, now)
        if now - failed.started_at > timedelta(milliseconds=failed.duration_ms) + LATE:  # nothing more will come
            self._known[name] = failed.request_id, told
        return told


def attempt_of(failed: "FinishedInvocation | None") -> Attempt | None:
    """Return an invocation that failed as an attempt."""
    if failed is None or failed.error_type is None:
        return None
    said = f"the invocation ended after {failed.duration_ms / 1000:.1f} s"
    return Attempt(failed.started_at, failed.error_type, said, failed.request_id)


def _latest(*attempts: Attempt | None) -> Attempt | None:
    return max(filter(None, attempts), key=lambda one: one.at, default=None)


def concurrency_limits(lambdas: "LambdaClient", outputs: "StackOutputs") -> dict[str, int]:
    """Return how many invocations the queue of each agent may cause at once. Raises botocore's errors."""
    pages = lambdas.get_paginator("list_event_source_mappings").paginate()
    mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    queues = {url.rpartition("/")[2]: agent for agent, url in outputs.queue_urls.items()}
    return {
        queues[name]: mapping["ScalingConfig"]["MaximumConcurrency"]
        for mapping in mappings
        if (name := mapping.get("EventSourceArn", "").rpartition(":")[2]) in queues and "ScalingConfig" in mapping
    }
