"""The metrics that services and functions publish, as MiniStack stores them."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from agenticai.emulator.engines.ministack.metrics import (
    POINTS_KEPT,
    ApiMetrics,
    FunctionMetrics,
    Metrics,
    find_stage,
    publish_embedded,
)

NOON = 12 * 60 * 60


class FakeCloudWatch:
    """MiniStack's module, as far as it stores metrics."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], list[dict[str, Any]]] = {}

    def _dims_key(self, dimensions: dict[str, str]) -> str:
        return ",".join(f"{name}={value}" for name, value in sorted(dimensions.items()))

    def _metric_bucket(self, key: tuple[str, str, str]) -> list[dict[str, Any]]:
        return self.kept.setdefault(key, [])

    def values(self, name: str, dimensions: str = "") -> list[tuple[float, float]]:
        """Return the values of a metric, each with its count."""
        [points] = [points for key, points in self.kept.items() if key[1:] == (name, dimensions)]
        return [(point["Value"], point["Count"]) for point in points]


@pytest.fixture
def cloudwatch() -> FakeCloudWatch:
    return FakeCloudWatch()


@pytest.fixture
def metrics(cloudwatch: FakeCloudWatch) -> Metrics:
    return Metrics(cloudwatch)


def test_equal_values_of_a_minute_are_one_point(metrics: Metrics, cloudwatch: FakeCloudWatch) -> None:
    for at, value in ((NOON, 1), (NOON + 59, 1), (NOON + 30, 2), (NOON + 60, 1)):
        metrics.record("N", "m", value, "Count", {"a": "b"}, at)
    points = cloudwatch.kept["N", "m", "a=b"]
    assert [(point["Timestamp"], point["Value"], point["Count"]) for point in points] == [
        (NOON, 1, 2),
        (NOON, 2, 1),
        (NOON + 60, 1, 1),
    ]


def test_of_many_points_the_newest_are_kept(metrics: Metrics, cloudwatch: FakeCloudWatch) -> None:
    for minute in range(2 * POINTS_KEPT + 1):
        metrics.record("N", "m", minute, at=60 * minute)
    values = [value for value, _ in cloudwatch.values("m")]
    assert (values[0], values[-1], len(values)) == (POINTS_KEPT, 2 * POINTS_KEPT, POINTS_KEPT + 1)


class FakeLambda:
    """MiniStack's module, as far as it runs a function."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result

    def _execute_function_dispatch(self, *_: Any) -> dict[str, Any]:
        return self.result

    def _emit_lambda_metrics(self, *_: Any, **__: Any) -> None:
        raise AssertionError("the engine publishes by itself")


@pytest.mark.parametrize(("result", "errors"), [({"body": {}}, 0), ({"error": "ValueError"}, 1)])
def test_an_invocation_counts_for_its_function_and_for_all(
    metrics: Metrics, cloudwatch: FakeCloudWatch, result: dict[str, Any], errors: int
) -> None:
    service: Any = FakeLambda(result)
    FunctionMetrics(service, metrics)
    assert service._execute_function_dispatch({}, {"FunctionName": "f"}, {}, "1", 0.0) == result
    for dimensions in ("FunctionName=f", ""):
        assert cloudwatch.values("Invocations", dimensions) == [(1, 1)]
        assert cloudwatch.values("Errors", dimensions) == [(errors, 1)]
        assert cloudwatch.values("ConcurrentExecutions", dimensions) == [(1, 1)]


def test_a_refused_invocation_counts_once(metrics: Metrics, cloudwatch: FakeCloudWatch) -> None:
    service: Any = FakeLambda({})
    FunctionMetrics(service, metrics)
    service._emit_lambda_metrics("f", duration_ms=0.0, error=False, throttle=True)
    service._emit_lambda_metrics("f", duration_ms=3.0, error=True, throttle=True)
    service._emit_lambda_metrics("f", duration_ms=3.0, error=False, throttle=False)
    assert cloudwatch.values("Throttles", "FunctionName=f") == [(1, 1)]


def ask(metrics: Metrics, path: str, status: int | None) -> None:
    """Send a request through the step to an engine that answers with the status, or fails."""

    async def engine(scope: Scope, receive: Receive, send: Send) -> None:
        if status is None:
            raise ConnectionError
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(_: Message) -> None:
        pass

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    asyncio.run(ApiMetrics(engine, metrics, {"abc": "shop"}.get)(scope, receive, send))


def test_requests_to_an_api_count_by_their_status(metrics: Metrics, cloudwatch: FakeCloudWatch) -> None:
    for status in (200, 404, 503):
        ask(metrics, "/restapis/abc/v1/_user_request_/orders", status)
    with pytest.raises(ConnectionError):
        ask(metrics, "/_aws/execute-api/abc/v1/orders", None)
    stage = "ApiName=shop,Stage=v1"
    assert cloudwatch.values("Count", stage) == [(1, 4)]
    assert sorted(cloudwatch.values("4XXError", stage)) == [(0, 3), (1, 1)]
    assert sorted(cloudwatch.values("5XXError", stage)) == [(0, 2), (1, 2)]
    assert sum(count for _, count in cloudwatch.values("Latency", "ApiName=shop")) == 4


def test_requests_to_no_rest_api_count_nowhere(metrics: Metrics, cloudwatch: FakeCloudWatch) -> None:
    ask(metrics, "/restapis/other/v1/_user_request_/", 200)
    ask(metrics, "/queue", 200)
    assert cloudwatch.kept == {}


@pytest.mark.parametrize("path", ["/restapis/abc/v1/_user_request_", "/_aws/execute-api/abc/v1/"])
def test_the_stage_is_in_the_path(path: str) -> None:
    assert find_stage(path) == "v1"


def embedded(**document: Any) -> dict[str, str]:
    directive = {"Namespace": "Shop", "Dimensions": [["stage"], []], "Metrics": [{"Name": "Orders", "Unit": "Count"}]}
    aws = {"Timestamp": NOON * 1000, "CloudWatchMetrics": [directive]}
    return {"message": json.dumps({"_aws": aws, "stage": "dev", **document})}


def test_embedded_metrics_are_published_by_each_set_of_dimensions(metrics: Metrics, cloudwatch: FakeCloudWatch) -> None:
    publish_embedded(metrics, [embedded(Orders=2), embedded(Orders=[3, 3])])
    for dimensions in ("stage=dev", ""):
        assert cloudwatch.values("Orders", dimensions) == [(2, 1), (3, 2)]
        assert cloudwatch.kept["Shop", "Orders", dimensions][0]["Timestamp"] == NOON


@pytest.mark.parametrize(
    "message", ['"CloudWatchMetrics"', '{"CloudWatchMetrics": 1}', '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": 1}}']
)
def test_what_is_not_as_specified_is_a_line_of_the_log_alone(
    metrics: Metrics, cloudwatch: FakeCloudWatch, message: str
) -> None:
    publish_embedded(metrics, [{"message": message}, embedded(), embedded(Orders="two")])
    assert cloudwatch.kept == {}
