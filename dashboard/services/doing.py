"""What functions are doing now: what runs and since when, whether they are throttled, and their last failure."""

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
"""The error codes with which services throttle a caller."""


@dataclass(frozen=True)
class Doing:
    """What a function is doing now.

    `running` is the number of running invocations, the first of which started at `since`. At most `limit` may run for
    its queue; None if there is no limit. `throttled` is the number of its own calls that were throttled. `failed` is
    its latest failure, and `last` its latest invocation that ended.
    """

    running: int = 0
    since: datetime | None = None
    limit: int | None = None
    throttled: int = 0
    failed: Attempt | None = None
    last: "FinishedInvocation | None" = None

    @property
    def at_limit(self) -> bool:
        """Whether no further invocation can start before one has ended."""
        return self.limit is not None and self.running >= self.limit


class Control(Protocol):
    """The part of an engine's control API that is needed here."""

    def activity(self) -> "tuple[FunctionActivity, ...]":
        """Return what each function is doing."""
        ...

    def clock(self) -> "ClockReading":
        """Return the engine's time."""
        ...


class Failures(Protocol):
    """A source of failed deliveries."""

    def last_failure(self, agent: str, since: datetime, now: datetime) -> Attempt | None:
        """Return an agent's latest failure since a moment, or None if there was none."""
        ...


class EngineDoing:
    """Asks an engine, and reads a function's log if it has failed since the last look. Thread-safe.

    `limits` returns the maximum concurrency of each agent's queue.
    """

    def __init__(
        self, control: Control, outputs: "StackOutputs", failures: Failures, limits: Callable[[], Mapping[str, int]]
    ) -> None:
        self._control = control
        self._outputs = outputs
        self._failures = failures
        self._limits = limits
        self._lock = threading.Lock()
        self._logged_failures: dict[str, tuple[str, Attempt | None]] = {}

    def look(self) -> Mapping[str, Doing]:
        """Return what each function is doing, by its agent or `api`. Raises ControlError and botocore's errors."""
        state_by_function = {activity.function: activity for activity in self._control.activity()}
        with self._lock:
            return {
                name: self._describe(name, state_by_function.get(function))
                for name, function in self._outputs.function_names.items()
            }

    def _describe(self, name: str, activity: "FunctionActivity | None") -> Doing:
        limit = self._limits().get(name)
        if activity is None:
            return Doing(limit=limit)
        return Doing(
            running=len(activity.running),
            since=activity.running[0].started_at if activity.running else None,
            limit=limit,
            throttled=sum(number for code, number in activity.errors.items() if code in THROTTLED),
            failed=_find_latest(make_attempt(activity.failed), self._find_logged(name, activity.gave_back)),
            last=activity.last,
        )

    def _find_logged(self, name: str, failed: "FinishedInvocation | None") -> Attempt | None:
        """Return the failure that the log reports: a worker logs its failure, while its invocation succeeds."""
        if failed is None or name not in self._outputs.queue_urls:
            return None
        cached = self._logged_failures.get(name)
        if cached and cached[0] == failed.request_id:
            return cached[1]
        now = self._control.clock().now
        attempt = self._failures.last_failure(name, failed.started_at, now)
        if now - failed.started_at > timedelta(milliseconds=failed.duration_ms) + LATE:  # no more log lines will come
            self._logged_failures[name] = failed.request_id, attempt
        return attempt


def make_attempt(failed: "FinishedInvocation | None") -> Attempt | None:
    """Convert a failed invocation to an attempt."""
    if failed is None or failed.error_type is None:
        return None
    message = f"the invocation ended after {failed.duration_ms / 1000:.1f} s"
    return Attempt(failed.started_at, failed.error_type, message, failed.request_id)


def _find_latest(*attempts: Attempt | None) -> Attempt | None:
    return max(filter(None, attempts), key=lambda attempt: attempt.at, default=None)


def read_concurrency_limits(lambdas: "LambdaClient", outputs: "StackOutputs") -> dict[str, int]:
    """Return the maximum concurrency of each agent's queue. Raises botocore's errors."""
    pages = lambdas.get_paginator("list_event_source_mappings").paginate()
    mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    queues = {url.rpartition("/")[2]: agent for agent, url in outputs.queue_urls.items()}
    return {
        queues[name]: mapping["ScalingConfig"]["MaximumConcurrency"]
        for mapping in mappings
        if (name := mapping.get("EventSourceArn", "").rpartition(":")[2]) in queues and "ScalingConfig" in mapping
    }
