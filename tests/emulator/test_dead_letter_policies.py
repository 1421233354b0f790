"""Where a queue may send its dead letters, and whose a dead-letter queue accepts.

See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html.
"""

import contextlib
import json

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
