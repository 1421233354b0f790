"""The observation of a replay on a target, as far as the target counts it."""

from typing import get_args

import pytest

from agenticai.emulator.core.model_records import ModelExchange
from agenticai.emulator.core.usage_records import Caller
from agenticai.scenarios.comparing.observation import CallTotal, ModelTotal, describe, list_counted_callers
from agenticai.stack.target import Capability, Target
from tests.fakes.replayed import AT, result


def gateway(*capabilities: Capability) -> Target:
    return Target.gateway("LocalStack 4.13.1", "http://127.0.0.1:1", frozenset(capabilities))


@pytest.mark.parametrize(
    ("target", "counted"),
    [
        (Target.embedded(), get_args(Caller)),
        (gateway(Capability.METER, Capability.INVOCATIONS), ("client", "function")),
        (gateway(Capability.METER), ("client",)),
        (Target.endpoint("http://127.0.0.1:1"), ()),
    ],
)
def test_whose_calls_a_target_counts_follows_from_what_it_can(target: Target, counted: tuple[Caller, ...]) -> None:
    assert list_counted_callers(target) == counted


def test_calls_are_summed_by_operation_and_caller_where_these_are_counted() -> None:
    seen = describe("embedded", Target.embedded(), result(), None)
    assert seen.calls == (
        CallTotal(caller="function", service="dynamodb", operation="GetItem", calls=4),
        CallTotal(caller="function", service="s3", operation="PutObject", calls=2),
    )
    assert describe("running", gateway(Capability.METER), result(), None).calls == ()


def exchange(number: int, title: str, status: int) -> ModelExchange:
    texts = {"model": "m", "digest": "", "system": "", "prompt": "", "reply": "", "finish_reason": ""}
    numbers = {"duration_ms": 1, "prompt_tokens": 1, "output_tokens": 1}
    return ModelExchange(number=number, at=AT, title=title, status=status, **texts, **numbers)


def test_the_models_calls_are_summed_by_title_and_status() -> None:
    asked = [exchange(number, "Plan", 200 if number else 429) for number in range(3)]
    seen = describe("embedded", Target.embedded(), result(), asked)
    assert seen.model_calls == (
        ModelTotal(title="Plan", status=200, calls=2),
        ModelTotal(title="Plan", status=429, calls=1),
    )
    assert describe("embedded", Target.embedded(), result(), None).model_calls is None
