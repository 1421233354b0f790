"""The current activity of functions, from an engine and from the functions' logs."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.client.queues.model import Attempt
from agenticai.dashboard.services.doing import Doing, EngineDoing, read_concurrency_limits
from agenticai.emulator.core.bench_records import ClockReading
from agenticai.emulator.core.usage_records import FinishedInvocation, FunctionActivity, RunningInvocation
from tests.fakes.dashboard import NAMES, NOW

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from agenticai.stack.outputs import StackOutputs

OUTPUTS = cast(
    "StackOutputs",
    SimpleNamespace(function_names=NAMES, queue_urls={"dev": "http://127.0.0.1/0/agenticai-dev-queue-dev"}),
)
LOGGED = Attempt(NOW, "Poison", "not a message", "logged")


def ended(seconds: float, error: str | None = None) -> FinishedInvocation:
    """Return an invocation that began that many seconds from now and took two."""
    return FinishedInvocation(
        function=NAMES["dev"],
        version="1",
        request_id=f"r{seconds:g}",
        started_at=NOW + timedelta(seconds=seconds),
        init_ms=None,
        duration_ms=2000,
        billed_ms=2000,
        memory_mb=128,
        gb_seconds=0,
        cold_start=False,
        error_type=error,
        project_id=None,
    )


class Told:
    """An engine and a log that return what a test sets, and count the readings of the log."""

    def __init__(self, **activity: Any) -> None:
        none = {"running": (), "finished": 0, "last": None, "failed": None, "gave_back": None, "errors": {}}
        self.dev = FunctionActivity.model_validate({"function": NAMES["dev"], **none, **activity})
        self.logged: Attempt | None = LOGGED
        self.looks = 0

    def activity(self) -> tuple[FunctionActivity, ...]:
        return (self.dev,)

    def clock(self) -> ClockReading:
        return ClockReading(now=NOW, ahead_s=0)

    def last_failure(self, agent: str, since: datetime, now: datetime) -> Attempt | None:
        assert (agent, now) == ("dev", NOW)
        assert self.dev.gave_back
        assert since == self.dev.gave_back.started_at
        self.looks += 1
        return self.logged


def looked(told: Told) -> Doing:
    return EngineDoing(told, OUTPUTS, told, lambda: {"dev": 2}).look()["dev"]


def test_what_runs_is_counted_since_the_first_of_it() -> None:
    running = [
        RunningInvocation(request_id="1", started_at=NOW + timedelta(seconds=n), project_id=None) for n in (1, 2)
    ]
    found = looked(Told(running=tuple(running)))
    assert (found.running, found.since, found.limit, found.at_limit) == (2, NOW + timedelta(seconds=1), 2, True)


def test_a_function_of_which_nothing_is_known_does_nothing() -> None:
    found = EngineDoing(Told(), OUTPUTS, Told(), dict).look()
    assert found["api"] == Doing()
    assert not found["dev"].at_limit


def test_calls_that_were_refused_for_their_rate_are_throttled() -> None:
    assert looked(Told(errors={"ThrottlingException": 2, "SlowDown": 1, "NoSuchKey": 9})).throttled == 3


@pytest.mark.parametrize(("seconds", "request_id"), [(-5, "logged"), (5, "r5")])
def test_the_latest_failure_is_told_whoever_knows_of_it(seconds: float, request_id: str) -> None:
    failed = ended(seconds, "Sandbox.Timedout")
    found = looked(Told(last=ended(9), failed=failed, gave_back=ended(-9)))
    assert found.failed
    assert found.failed.request_id == request_id
    assert found.last == ended(9)


def test_the_log_is_read_when_something_has_failed_since() -> None:
    told = Told(last=ended(-1))
    doing = EngineDoing(told, OUTPUTS, told, dict)
    doing.look()
    assert told.looks == 0, "nothing failed"
    for seconds in (-99, -99, -98):
        told.dev = told.dev.model_copy(update={"gave_back": ended(seconds)})
        assert doing.look()["dev"].failed == LOGGED
    assert told.looks == 2


def test_the_log_is_read_again_while_lines_may_still_come() -> None:
    told = Told(gave_back=ended(-5))
    doing = EngineDoing(told, OUTPUTS, told, dict)
    for looks in (1, 2):
        doing.look()
        assert told.looks == looks


def test_limits_are_those_of_the_mappings_of_the_stacks_queues() -> None:
    class Lambdas:
        def get_paginator(self, _: str) -> "Lambdas":
            return self

        def paginate(self) -> list[dict[str, Any]]:
            arn = "arn:aws:sqs:us-east-1:000000000000:{}".format
            limited = {"ScalingConfig": {"MaximumConcurrency": 2}}
            mappings = [
                {"EventSourceArn": arn("agenticai-dev-queue-dev"), **limited},
                {"EventSourceArn": arn("another"), **limited},
                {},
            ]
            return [{"EventSourceMappings": mappings}]

    assert read_concurrency_limits(cast("LambdaClient", Lambdas()), OUTPUTS) == {"dev": 2}
