"""CloudWatch metrics in MiniStack: those that services and functions publish, per minute."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.http.request import find_deployed_api, read_request

MINUTE: Final = 60
POINTS_KEPT: Final = 5_000
"""The number of newest points that are kept of each metric, at least; at most twice as many."""

MetricKey = tuple[str, str, str]

# MiniStack's points are dictionaries.
Point = dict[str, Any]


class Metrics:
    """Stores metrics in MiniStack, where GetMetricData and alarms read them.

    Equal values within a minute become one point with a count, as AWS's own metrics have a resolution of a minute.
    """

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._lock = threading.Lock()
        self._open: dict[MetricKey, tuple[int, dict[float, Point]]] = {}

    def take_over(self) -> None:
        """Replace the functions by which MiniStack's services publish metrics."""
        self._cloudwatch.record_metric = self.record

    def record(
        self,
        namespace: str,
        name: str,
        value: float,
        unit: str = "None",
        dimensions: Mapping[str, str] | None = None,
        at: float | None = None,
    ) -> None:
        """Add a value to the minute of `at`, in epoch seconds, by default the current one."""
        minute = int((time.time() if at is None else at) // MINUTE) * MINUTE
        named = dict(dimensions or {})
        key = (namespace, name, self._cloudwatch._dims_key(named))
        with self._lock:
            open_minute, values = self._open.get(key, (-1, {}))
            if open_minute != minute:
                self._open[key] = minute, (values := {})
            if point := values.get(value):
                point["Count"] += 1.0
                return
            points = self._cloudwatch._metric_bucket(key)
            if len(points) >= 2 * POINTS_KEPT:
                del points[:-POINTS_KEPT]
            values[value] = {
                "Timestamp": float(minute),
                "Value": float(value),
                "Count": 1.0,
                "Unit": unit,
                "Dimensions": named,
            }
            points.append(values[value])


class FunctionMetrics:
    """Publishes the `AWS/Lambda` metrics of all invocations; MiniStack does so only for those by Invoke.

    An invocation counts in the minute in which it ends, or is throttled.
    """

    def __init__(self, lambda_svc: Any, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}
        self._dispatch: Callable[..., dict[str, Any]] = lambda_svc._execute_function_dispatch
        lambda_svc._execute_function_dispatch = self._run_measured
        lambda_svc._emit_lambda_metrics = self._count_refused

    def _run_measured(
        self, function: Any, config: Mapping[str, Any], event: Any, request_id: str, started: float
    ) -> dict[str, Any]:
        name = str(config.get("FunctionName"))
        self._begin(name)
        try:
            result = self._dispatch(function, config, event, request_id, started)
        finally:
            with self._lock:
                self._running[name] -= 1
        self._publish(name, "Invocations", 1)
        self._publish(name, "Errors", 1 if result.get("error") else 0)
        self._publish(name, "Duration", round((time.time() - started) * 1000, 1), "Milliseconds")
        return result

    def _begin(self, name: str) -> None:
        with self._lock:
            self._running[name] = self._running.get(name, 0) + 1
            of_function, total = self._running[name], sum(self._running.values())
        self._metrics.record("AWS/Lambda", "ConcurrentExecutions", of_function, "Count", {"FunctionName": name})
        self._metrics.record("AWS/Lambda", "ConcurrentExecutions", total, "Count")

    def _count_refused(self, name: str, duration_ms: float, error: bool, throttle: bool) -> None:
        """Count a refused invocation; MiniStack calls this again, with a duration, if it was requested by Invoke."""
        if throttle and not duration_ms:
            self._publish(name, "Throttles", 1)

    def _publish(self, name: str, metric: str, value: float, unit: str = "Count") -> None:
        """Publish a value for the function, and for all functions together."""
        self._metrics.record("AWS/Lambda", metric, value, unit, {"FunctionName": name})
        self._metrics.record("AWS/Lambda", metric, value, unit)


class ApiMetrics:
    """A step before MiniStack that publishes the `AWS/ApiGateway` metrics of requests to deployed REST APIs."""

    def __init__(self, app: ASGIApp, metrics: Metrics, name_of: Callable[[str], str | None]) -> None:
        self._app = app
        self._metrics = metrics
        self._find_name = name_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        api_id = find_deployed_api(read_request(scope).path) if scope["type"] == "http" else None
        name = self._find_name(api_id) if api_id else None
        if name is None:
            await self._app(scope, receive, send)
            return
        started, status = time.time(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._publish(name, find_stage(scope["path"]), status, time.time() - started)

    def _publish(self, name: str, stage: str, status: int, seconds: float) -> None:
        status_class = status // 100
        for dimensions in ({"ApiName": name}, {"ApiName": name, "Stage": stage}):
            self._metrics.record("AWS/ApiGateway", "Count", 1, "Count", dimensions)
            self._metrics.record("AWS/ApiGateway", "4XXError", int(status_class == 4), "Count", dimensions)
            self._metrics.record("AWS/ApiGateway", "5XXError", int(status_class in (0, 5)), "Count", dimensions)
            self._metrics.record("AWS/ApiGateway", "Latency", round(seconds * 1000), "Milliseconds", dimensions)


def find_stage(path: str) -> str:
    """Return the stage in a path of a deployed API: `/restapis/ID/STAGE/…` or `/_aws/execute-api/ID/STAGE/…`."""
    parts = path.strip("/").split("/")
    return parts[3] if parts[0] == "_aws" and len(parts) > 3 else parts[2]


def publish_embedded(metrics: Metrics, events: Iterable[Mapping[str, Any]]) -> None:
    """Publish metrics in log events that have the Embedded Metric Format.

    See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
    """
    for event in events:
        message = str(event.get("message", ""))
        if '"CloudWatchMetrics"' in message:
            _publish_document(metrics, message)


def _publish_document(metrics: Metrics, message: str) -> None:
    """Publish the metrics that a document defines; an invalid document remains a log line only, as in CloudWatch."""
    try:
        document = json.loads(message)
        at = document["_aws"]["Timestamp"] / 1000
        for directive in document["_aws"]["CloudWatchMetrics"]:
            _publish_directive(metrics, document, directive, at)
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def _publish_directive(metrics: Metrics, document: Mapping[str, Any], directive: Mapping[str, Any], at: float) -> None:
    for names in directive["Dimensions"]:
        dimensions = {name: str(document[name]) for name in names}
        for metric in directive["Metrics"]:
            for value in _list_values(document[metric["Name"]]):
                metrics.record(
                    directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions, at
                )


def _list_values(value: float | Sequence[float]) -> Sequence[float]:
    return value if isinstance(value, list) else [float(value)]  # type: ignore[arg-type]
