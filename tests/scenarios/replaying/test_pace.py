"""On a target without a control API, a replay waits until its queues are empty twice in a row."""

from typing import TYPE_CHECKING, cast

import pytest

from agenticai.emulator.core.usage_records import Usage
from agenticai.emulator.faults.rules import Call, CallFault, Hang
from agenticai.scenarios.format.errors import StepFailed
from agenticai.scenarios.format.script import Settling
from agenticai.scenarios.replaying.pace import ARRIVAL_SECONDS, Observed, RealTimePace
from tests.fakes.sqs import FakeSqs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from agenticai.emulator.client import ControlClient


class FakeControl:
    """Keeps the faults that are set."""

    def __init__(self) -> None:
        self.set: list[object] = []

    def faults(self, schedule: object) -> None:
        self.set.append(schedule)

    def usage(self, project_id: str) -> Usage:
        return Usage(project_id=f"usage of {project_id}", calls=(), functions=())

    def fired(self) -> tuple[str, ...]:
        return ("fired",)

    def calls(self) -> tuple[str, ...]:
        return ("call",)

    def invocations(self) -> tuple[str, ...]:
        return ("invocation",)


def free(
    depths: dict[str, list[int]], waits: list[float], now: float = 0.0, control: FakeControl | None = None
) -> RealTimePace:
    def clock() -> float:
        return now + sum(waits)

    sqs, engine = cast("SQSClient", FakeSqs(depths)), cast("ControlClient | None", control)
    return RealTimePace(sqs, ["a", "b"], engine, wait=waits.append, now=clock)


def test_queues_that_are_empty_once_are_looked_at_again() -> None:
    waits: list[float] = []
    depths = {"a": [1, 0, 0, 0, 0, 9], "b": [0, 1, 0, 0, 9]}
    assert free(depths, waits).settle(Settling()).quiet
    assert depths == {"a": [9], "b": [9]}
    assert len(waits) == 5


def test_a_queue_that_never_becomes_empty_is_said_so() -> None:
    waits: list[float] = []
    with pytest.raises(StepFailed, match="the queues are not empty after 30 minutes"):
        free({"a": [1] * 10_000}, waits).settle(Settling())
    assert sum(waits) > ARRIVAL_SECONDS


def test_there_are_no_faults_and_there_is_no_clock() -> None:
    pace = free({}, [])
    with pytest.raises(StepFailed, match="cannot apply faults"):
        pace.begin([CallFault(when=Call(), then=Hang(do="hang"))])
    with pytest.raises(StepFailed, match="clock of this target cannot be advanced"):
        pace.advance(1)
    assert pace.end() == Observed()
    assert pace.usage("p").calls == ()


def test_a_control_api_has_the_faults_and_the_figures() -> None:
    control, fault = FakeControl(), CallFault(when=Call(), then=Hang(do="hang"))
    pace = free({}, [], control=control)
    pace.begin([fault])
    assert pace.usage("p").project_id == "usage of p"
    assert pace.end() == Observed(("fired",), ("call",), ("invocation",))  # type: ignore[arg-type] # only handed on
    assert control.set == [[fault], ()]
