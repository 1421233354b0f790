"""CloudWatch is called once a minute, checked with botocore's own model, and late values are included."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from agenticai.dashboard.services.cloudwatch import FUNCTIONS, QUEUES, CloudWatch, FunctionMinute
from agenticai.dashboard.services.own_calls import OwnCalls
from agenticai.dashboard.services.queue_rows import count_last_minute
from agenticai.stack.target import Target

QUEUE, DEAD, FUNCTION = "agenticai-dev-queue-prod", "agenticai-dev-dlq-prod", "agenticai-dev-agent-prod"
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
KEYS = [*((name, kind) for name in (QUEUE, DEAD) for kind in QUEUES), *((FUNCTION, kind) for kind in FUNCTIONS)]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON + timedelta(seconds=30)

    def __call__(self) -> datetime:
        return self.now


def answer(told: Mapping[tuple[str, str], Mapping[int, float]]) -> Any:
    """Return GetMetricData's answer: values by the minute before or after noon."""
    results = [
        {
            "Id": f"m{KEYS.index(key)}",
            "Label": "x",
            "Timestamps": [NOON + timedelta(minutes=minute) for minute in values],
            "Values": list(values.values()),
            "StatusCode": "Complete",
        }
        for key, values in told.items()
    ]
    return {"MetricDataResults": results, "Messages": []}


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Target.aws("us-east-1")


@pytest.fixture
def stubber(target: Target) -> Iterator[Stubber]:
    with Stubber(target.client("cloudwatch")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(target: Target, stubber: Stubber, clock: Clock) -> CloudWatch:
    return CloudWatch(target.client("cloudwatch"), [QUEUE, DEAD], [FUNCTION], clock)


def test_one_request_asks_for_all_of_a_day(metrics: CloudWatch, stubber: Stubber) -> None:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": QUEUE}],
    }
    first = {"Id": "m0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    asked = {
        "MetricDataQueries": [first, *[ANY] * 15],
        "StartTime": NOON - timedelta(days=1),
        "EndTime": NOON + timedelta(seconds=30),
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": 100_800,
    }
    stubber.add_response("get_metric_data", answer({}), asked)
    series = metrics.read_depths()
    assert (series.points, series.now) == ((), NOON)
    assert metrics.read_oldest_s(QUEUE) is None
    assert metrics.read_functions() == {}


def test_values_become_depths_rates_and_ages(metrics: CloudWatch, stubber: Stubber) -> None:
    told = {
        (QUEUE, "visible"): {-3: 4.0, -2: 2.0},
        (QUEUE, "in_flight"): {-2: 1.0},
        (QUEUE, "received"): {-3: 7.0, -2: 3.0},
        (QUEUE, "deleted"): {-2: 2.0},
        (QUEUE, "oldest_s"): {-2: 61.0},
        (DEAD, "visible"): {-2: 5.0},
        (FUNCTION, "invocations"): {-3: 9.0, -2: 3.0},
        (FUNCTION, "errors"): {-2: 1.0},
        (FUNCTION, "running"): {-2: 2.0},
    }
    stubber.add_response("get_metric_data", answer(told))
    series = metrics.read_depths()
    assert series.now == NOON - timedelta(minutes=1)
    points = [point for point in series.points if point.queue == QUEUE]
    assert [(point.visible, point.in_flight) for point in points] == [(4, 0), (2, 1)]
    assert count_last_minute(points, series.now) == (3, 2)
    assert count_last_minute([point for point in series.points if point.queue == DEAD], series.now) == (0, 0)
    assert (metrics.read_oldest_s(QUEUE), metrics.read_oldest_s(DEAD)) == (61, None)
    assert metrics.read_functions() == {FUNCTION: FunctionMinute(series.now, 3, 1, 0, 2)}
    assert "ended at 11:59 UTC" in series.note


def test_within_a_minute_nothing_is_asked_and_then_what_is_new_or_late(
    metrics: CloudWatch, stubber: Stubber, clock: Clock
) -> None:
    stubber.add_response("get_metric_data", answer({(QUEUE, "visible"): {-1: 1.0}}))
    metrics.read_depths()
    clock.now += timedelta(seconds=59)
    metrics.read_depths()
    clock.now += timedelta(seconds=1)
    later = {
        "MetricDataQueries": ANY,
        "StartTime": NOON - timedelta(minutes=5),
        "EndTime": NOON + timedelta(seconds=90),
        "ScanBy": ANY,
        "MaxDatapoints": ANY,
    }
    stubber.add_response("get_metric_data", answer({(QUEUE, "visible"): {-1: 3.0, 0: 2.0}}), later)
    assert [point.visible for point in metrics.read_depths().points] == [3, 2]


def test_an_answer_of_several_pages_is_read_to_its_end(metrics: CloudWatch, stubber: Stubber) -> None:
    stubber.add_response("get_metric_data", answer({(QUEUE, "visible"): {-2: 1.0}}) | {"NextToken": "more"})
    stubber.add_response("get_metric_data", answer({(QUEUE, "visible"): {-1: 2.0}}))
    assert [point.visible for point in metrics.read_depths().points] == [1, 2]


def test_what_a_look_costs_is_counted(metrics: CloudWatch, target: Target, stubber: Stubber) -> None:
    calls = OwnCalls()
    calls.watch(target)
    stubber.add_response("get_metric_data", answer({}))
    metrics.read_depths()
    assert calls.usd == pytest.approx(16 * 0.01 / 1000)
    assert (
        "1 AWS call since it started, 1 of them in the last minute; without the free tier, they cost $0.000160"
        in calls.summarize()
    )
