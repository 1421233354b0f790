"""CloudWatch's metrics of a stack's queues and functions, read with at most one batched request a minute."""

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from agenticai.dashboard.services.depths import KEPT, DepthPoint, DepthSeries

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

PERIOD: Final = timedelta(minutes=1)
"""The finest resolution that CloudWatch keeps for SQS and Lambda."""

HISTORY: Final = timedelta(days=1)
"""How far back the first look reads. That is fewer values than one response may hold."""

LATE: Final = timedelta(minutes=5)
"""How long after the end of a minute its value may still arrive or change."""

MOST_VALUES: Final = 100_800
"""The maximum number of values in one response of GetMetricData."""

QUEUES: Final = {
    "visible": ("ApproximateNumberOfMessagesVisible", "Maximum"),
    "in_flight": ("ApproximateNumberOfMessagesNotVisible", "Maximum"),
    "delayed": ("ApproximateNumberOfMessagesDelayed", "Maximum"),
    "received": ("NumberOfMessagesReceived", "Sum"),
    "deleted": ("NumberOfMessagesDeleted", "Sum"),
    "oldest_s": ("ApproximateAgeOfOldestMessage", "Maximum"),
}
"""The metrics of a queue that are read: the names and statistics of AWS/SQS."""

FUNCTIONS: Final = {
    "invocations": ("Invocations", "Sum"),
    "errors": ("Errors", "Sum"),
    "throttles": ("Throttles", "Sum"),
    "running": ("ConcurrentExecutions", "Maximum"),
}
"""The metrics of a function that are read: the names and statistics of AWS/Lambda."""

Values = dict[datetime, float]
"""Values by the start of their minute."""

Key = tuple[str, str]
"""A queue or a function, and the name of a metric."""


@dataclass(frozen=True)
class FunctionMinute:
    """What a function did in the last minute that CloudWatch reports, which ended at `at`."""

    at: datetime
    invocations: int
    errors: int
    throttles: int
    running: int


class CloudWatch:
    """Caches the latest values, and reads newer ones once a minute. Thread-safe.

    Every method raises botocore's errors.
    """

    def __init__(
        self,
        cloudwatch: "CloudWatchClient",
        queues: Iterable[str],
        functions: Iterable[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cloudwatch = cloudwatch
        self._clock = clock
        self._queues, self._functions = tuple(queues), tuple(functions)
        of_queues = _list_queries(self._queues, QUEUES, "AWS/SQS", "QueueName")
        of_functions = _list_queries(self._functions, FUNCTIONS, "AWS/Lambda", "FunctionName")
        self._queries = dict(enumerate((*of_queues, *of_functions)))
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._values: defaultdict[Key, Values] = defaultdict(dict)

    def read_depths(self) -> DepthSeries:
        """Return how the depths of all queues changed, up to the end of the last known minute."""
        values, end = self._look()
        points = sorted(
            itertools.chain.from_iterable(_list_points(name, values) for name in self._queues),
            key=lambda point: point.at,
        )
        note = (
            f"CloudWatch metrics, one value a minute (its maximum), starting {HISTORY.days * 24} hours before this page"
            " was first opened. They arrive some minutes late: rates and ages are for the minute that ended at"
            f" {end:%H:%M} UTC."
        )
        return DepthSeries(tuple(points[-KEPT:]), end, note)

    def read_oldest_s(self, queue: str) -> float | None:
        """Return the age of a queue's oldest message in the last known minute; None if the queue was empty."""
        values, end = self._look()
        return values[queue, "oldest_s"].get(end - PERIOD)

    def read_functions(self) -> Mapping[str, FunctionMinute]:
        """Return what each function did in the last known minute, without functions that have not done anything yet."""
        values, _ = self._look()
        return {name: minute for name in self._functions if (minute := _find_last_minute(name, values))}

    def _look(self) -> tuple[Mapping[Key, Values], datetime]:
        with self._lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= PERIOD:
                self._ask(now)
                self._asked_at = now
            values_by_key = {key: dict(self._values[key]) for key, *_ in self._queries.values()}
        latest = max((at for values in values_by_key.values() for at in values), default=None)
        return values_by_key, latest + PERIOD if latest else now.replace(second=0, microsecond=0)

    def _ask(self, now: datetime) -> None:
        start = now - HISTORY if self._asked_at is None else self._asked_at - LATE
        request: dict[str, Any] = {
            "MetricDataQueries": [_make_query(number, *query) for number, query in self._queries.items()],
            "StartTime": start.replace(second=0, microsecond=0),
            "EndTime": now,
            "ScanBy": "TimestampAscending",
            "MaxDatapoints": MOST_VALUES,
        }
        for page in self._cloudwatch.get_paginator("get_metric_data").paginate(**request):
            for result in page["MetricDataResults"]:
                key, *_ = self._queries[int(result["Id"].removeprefix("m"))]
                self._values[key].update(zip(result["Timestamps"], result["Values"], strict=True))


Query = tuple[Key, str, str, str, str]
"""The key of the value, then namespace, dimension, metric and statistic."""


def _list_queries(
    names: Iterable[str], metrics: Mapping[str, tuple[str, str]], namespace: str, dimension: str
) -> Iterator[Query]:
    for name in names:
        for measure, (metric, statistic) in metrics.items():
            yield (name, measure), namespace, dimension, metric, statistic


def _make_query(number: int, key: Key, namespace: str, dimension: str, metric: str, statistic: str) -> dict[str, Any]:
    metric_identity = {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": dimension, "Value": key[0]}],
    }
    stat = {"Metric": metric_identity, "Period": int(PERIOD.total_seconds()), "Stat": statistic}
    return {"Id": f"m{number}", "MetricStat": stat}


def _list_points(queue: str, values: Mapping[Key, Values]) -> Iterator[DepthPoint]:
    """Yield a queue's points, each at the end of its minute; receives and deletes are counted from the first one."""
    received = deleted = 0
    minutes = sorted({at for kind in QUEUES for at in values[queue, kind]})
    for at in minutes:
        counts = {kind: int(values[queue, kind].get(at, 0)) for kind in QUEUES}
        received += counts["received"]
        deleted += counts["deleted"]
        yield DepthPoint(
            at + PERIOD, queue, counts["visible"], counts["in_flight"], counts["delayed"], received, deleted
        )


def _find_last_minute(function: str, values: Mapping[Key, Values]) -> FunctionMinute | None:
    latest = max((at for kind in FUNCTIONS for at in values[function, kind]), default=None)
    if latest is None:
        return None
    counts = {kind: int(values[function, kind].get(latest, 0)) for kind in FUNCTIONS}
    return FunctionMinute(latest + PERIOD, **counts)
