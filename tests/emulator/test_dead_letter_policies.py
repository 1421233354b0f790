"""Where a queue may send its dead letters, and whose a dead-letter queue accepts.

See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html.
"""

import contextlib
import json
import re
from typing import Any

import pytest

from agenticai.emulator.http.aws_errors import Refused
from agenticai.emulator.queues.dead_letter_policies import (
    check_redrive_allow_policy,
    check_redrive_policy,
    check_target,
)
from tests.fakes.queues import arn

QUEUES = {arn("dead"): {"QueueArn": arn("dead")}}


def to_dead(**changes: object) -> str:
    return json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 5} | changes)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("{", "not a valid JSON map"),
        ("[]", "not a valid JSON map"),
        (json.dumps({"maxReceiveCount": 1}), "deadLetterTargetArn"),
        (json.dumps({"deadLetterTargetArn": arn("dead")}), "maxReceiveCount"),
        *((to_dead(maxReceiveCount=count), "from 1 to 1000") for count in (0, 1001, -1, 1.5, None, "often")),
        *((to_dead(deadLetterTargetArn=target), "does not exist") for target in (arn("gone"), "dead", None, 5)),
    ],
)
def test_a_redrive_policy_that_is_none(policy: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check_redrive_policy(policy, QUEUES.get)


@pytest.mark.parametrize("count", [1, 1000, "10"])
def test_a_redrive_policy_names_a_queue(count: object) -> None:
    assert check_redrive_policy(to_dead(maxReceiveCount=count), QUEUES.get) == QUEUES[arn("dead")]


@pytest.mark.parametrize(
    ("source", "target", "allowed", "taken"),
    [
        ("orders", "dead", None, True),
        ("orders.fifo", "dead.fifo", None, True),
        ("orders.fifo", "dead", None, False),
        ("orders", "dead.fifo", None, False),
        ("orders", "dead", {"redrivePermission": "allowAll"}, True),
        ("orders", "dead", {"redrivePermission": "denyAll"}, False),
        ("orders", "dead", {"redrivePermission": "byQueue", "sourceQueueArns": [arn("orders")]}, True),
        ("orders", "dead", {"redrivePermission": "byQueue", "sourceQueueArns": [arn("others")]}, False),
    ],
)
def test_the_target_is_of_the_same_type_and_takes_the_source(
    source: str, target: str, allowed: dict[str, object] | None, *, taken: bool
) -> None:
    attributes = {"QueueArn": arn(target)} | ({"RedriveAllowPolicy": json.dumps(allowed)} if allowed else {})
    with contextlib.nullcontext() if taken else pytest.raises(Refused, match="RedrivePolicy"):
        check_target(to_dead(), arn(source), attributes)


@pytest.mark.parametrize(
    ("policy", "valid"),
    [
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn(str(number)) for number in range(10)]}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn(str(number)) for number in range(11)]}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": []}, False),
        ({"redrivePermission": "byQueue"}, False),
        ({"redrivePermission": "denyAll", "sourceQueueArns": [arn("orders")]}, False),
        ({"redrivePermission": "some"}, False),
        ([], False),
    ],
)
def test_a_redrive_allow_policy(policy: object, *, valid: bool) -> None:
    with contextlib.nullcontext() if valid else pytest.raises(Refused, match="RedriveAllowPolicy"):
        check_redrive_allow_policy(json.dumps(policy))


ALLOW = "It has redrivePermission allowAll or denyAll, or byQueue with 1 to 10 sourceQueueArns."


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("5", "Redrive policy is not a valid JSON map."),
        (None, "Redrive policy is not a valid JSON map."),
        ("{}", "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (
            to_dead(maxReceiveCount=10_000),
            "Invalid value for maxReceiveCount: 10000, valid values are from 1 to 1000 inclusive.",
        ),
        (to_dead(deadLetterTargetArn="x"), "Dead letter target does not exist."),
    ],
)
def test_a_refused_redrive_policy_is_quoted_with_the_reason(policy: Any, reason: str) -> None:
    told = f"InvalidParameterValue: Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}"
    with pytest.raises(Refused, match=f"^{re.escape(told)}$"):
        check_redrive_policy(policy, QUEUES.get)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"QueueArn": arn("dead.fifo")}, "Dead-letter queue must be same type of queue as the source."),
        *(
            (
                {"QueueArn": arn("dead"), "RedriveAllowPolicy": json.dumps(allowed)},
                "Dead letter target does not allow this queue as a source: see its RedriveAllowPolicy.",
            )
            for allowed in (
                {"redrivePermission": "denyAll"},
                {"redrivePermission": "byQueue"},
                {"redrivePermission": "denyAll", "sourceQueueArns": [arn("orders")]},
            )
        ),
    ],
)
def test_a_target_that_does_not_take_the_source_is_refused_with_the_reason(target: dict[str, str], reason: str) -> None:
    told = f"InvalidParameterValue: Value {to_dead()} for parameter RedrivePolicy is invalid. Reason: {reason}"
    with pytest.raises(Refused, match=f"^{re.escape(told)}$"):
        check_target(to_dead(), arn("orders"), target)


@pytest.mark.parametrize("allowed", ["{", "[]", "{}"])
def test_a_target_whose_policy_says_nothing_takes_every_source(allowed: str) -> None:
    check_target(to_dead(), arn("orders"), {"QueueArn": arn("dead"), "RedriveAllowPolicy": allowed})


@pytest.mark.parametrize(
    "policy",
    [{"redrivePermission": "denyAll"}, {"redrivePermission": "byQueue", "sourceQueueArns": [arn("orders")]}],
)
def test_a_redrive_allow_policy_that_is_one(policy: dict[str, object]) -> None:
    check_redrive_allow_policy(json.dumps(policy))


@pytest.mark.parametrize("policy", ["{", "{}", '{"redrivePermission": "byQueue", "sourceQueueArns": "all"}'])
def test_a_refused_redrive_allow_policy_is_quoted_with_the_reason(policy: str) -> None:
    told = f"InvalidParameterValue: Value {policy} for parameter RedriveAllowPolicy is invalid. Reason: {ALLOW}"
    with pytest.raises(Refused, match=f"^{re.escape(told)}$"):
        check_redrive_allow_policy(policy)
