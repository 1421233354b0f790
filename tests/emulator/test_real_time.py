"""The control client on engines that deliver by themselves: it waits in real time, or skips the test with a reason."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.core.usage_records import FunctionActivity
from agenticai.emulator.faults.rules import Call, CallFault, Delivery, DeliveryFault, Duplicate, Hold
from agenticai.emulator.testing.real_time import RealTimeControl


class Cloud:
    """A queue with a function, whose depth has these successive values, and one without."""

    def __init__(self, *depths: int) -> None:
        self._depths = list(depths)

    def __call__(self, service: str) -> "Cloud":
        return self

    def get_paginator(self, operation: str) -> SimpleNamespace:
        arn = "arn:aws:sqs:us-east-1:000000000000:orders"
        page = {"EventSourceMappings": [{"EventSourceArn": arn}, {"EventSourceArn": "arn:aws:dynamodb:::stream"}]}
        return SimpleNamespace(paginate=lambda: [page])

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 - as boto3 has it
        return {"QueueUrl": f"http://127.0.0.1/{QueueName}"}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: tuple[str, ...]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl.endswith("/orders")
        depth = self._depths.pop(0) if len(self._depths) > 1 else self._depths[0]
        return {"Attributes": dict.fromkeys(AttributeNames, "0") | {AttributeNames[1]: str(depth)}}


class Control(RealTimeControl):
    """With functions that run for a number of checks."""

    def __init__(self, cloud: Cloud, running: int = 0, wait: Callable[[float], None] = lambda _: None) -> None:
        super().__init__("http://127.0.0.1:1", None, "LocalStack 4", cloud, wait)
        self._left = running

    def activity(self) -> tuple[FunctionActivity, ...]:
        self._left -= 1
        running = SimpleNamespace(function="place", running=[1] if self._left >= 0 else [])
        return (running,)  # type: ignore[return-value]


@pytest.fixture
def control() -> Iterator[Control]:
    made = Control(Cloud(2, 1, 0), running=3)
    yield made
    made.close()


def test_it_settles_when_two_looks_find_nothing_in_flight_and_no_function_at_work() -> None:
    looks: list[float] = []
    with Control(Cloud(2, 1, 0), running=3, wait=looks.append) as control:
        settled = control.settle()
    assert (settled.quiet, settled.skipped_s, len(looks)) == (True, 0, 2 + 3 + 2)


def test_a_message_that_appears_between_two_looks_is_waited_for() -> None:
    looks: list[float] = []
    with Control(Cloud(0, 1, 0), wait=looks.append) as control:
        control.settle()
    assert len(looks) == 4


def test_without_deliveries_only_functions_are_waited_for() -> None:
    with Control(Cloud(1), running=2) as control:
        assert control.settle(deliveries=0).quiet


def test_what_stays_is_named(control: Control) -> None:
    with Control(Cloud(2)) as stuck, pytest.raises(ControlError, match=r"still busy.*: orders holds 2 messages\."):
        stuck.settle(timeout_s=1e-9)
    with Control(Cloud(0), running=9) as busy, pytest.raises(ControlError, match="place runs"):
        busy.settle(timeout_s=1e-9)


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (lambda control: control.settle(deliveries=1), r"settle\(deliveries=1\)"),
        (lambda control: control.advance(1), "advance"),
        (lambda control: control.dispatch("stepped"), "dispatch"),
        (lambda control: control.faults([CallFault(when=Call(), then=Hold(do="hold"))]), "fault 'hold'"),
        (
            lambda control: control.faults(
                [DeliveryFault(when=Delivery(on="delivery"), then=Duplicate(do="duplicate"))]
            ),
            "fault 'duplicate'",
        ),
    ],
)
def test_what_cannot_be_skips_the_test(ask: Callable[[Control], object], wanted: str, control: Control) -> None:
    said = f"LocalStack 4 cannot skip time, delivers messages on its own, and does not support {wanted}"
    with pytest.raises(pytest.skip.Exception, match=said):
        ask(control)


def test_free_is_how_messages_are_delivered(control: Control) -> None:
    control.dispatch("free")
