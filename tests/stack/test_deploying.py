"""Deployments that fail during execution: which resource, why, the stack's state, and the remedy."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.stack.artifacts import name_bucket
from agenticai.stack.changes import ChangeSet
from agenticai.stack.deploying import StackDefinition, deploy_stack
from agenticai.stack.errors import DeployError
from agenticai.stack.template import Template
from agenticai.stack.waiting import Polling
from tests.stack.fakes import FakeCloudFormation, FakeS3, event
from tests.stack.test_changeset import DONE

if TYPE_CHECKING:
    from agenticai.stack.target import Target

TEMPLATE = Template.parse(
    "{Parameters: {Level: {Type: String, Default: INFO}, Size: {Type: Number, Default: 1}}, Resources: {}}", Path("any")
)
OPERATION = "1234abcd"
BUCKET = name_bucket("000000000000", "us-east-1")


class FakeSts:
    """Returns the caller's identity."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "000000000000", "Arn": "arn:aws:iam::000000000000:user/me"}


@dataclass
class FakeTarget:
    """AWS with a scripted CloudFormation."""

    cloudformation: FakeCloudFormation
    name = "aws"
    address = "AWS in us-east-1"
    endpoint_url = ""
    mounts_layers = True
    polling = Polling(first=0.01, longest=0.01, limit=1)
    s3: FakeS3 = field(default_factory=FakeS3)

    def client(self, service: str) -> Any:
        return {"cloudformation": self.cloudformation, "sts": FakeSts(), "s3": self.s3}[service]

    def object_url(self, bucket: str, key: str) -> str:
        return f"https://{bucket}/{key}"


def in_operation(*events: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**one, "OperationId": OPERATION} for one in events]


def deploy(fake: FakeCloudFormation, asked: list[ChangeSet] | None = None, **parameters: str) -> None:
    definition = StackDefinition(TEMPLATE, parameters=parameters)
    seen = [] if asked is None else asked
    target = cast("Target", FakeTarget(fake))

    def confirm(change_set: ChangeSet) -> bool:
        seen.append(change_set)
        return True

    deploy_stack(target, "agenticai-dev", definition, confirm=confirm, pause=lambda _: None)


def failed(events: list[dict[str, Any]], status: str, faults: list[dict[str, Any]]) -> tuple[DeployError, Any]:
    fake = FakeCloudFormation([[], events], statuses=["UPDATE_COMPLETE", "UPDATE_COMPLETE", status], change_sets=[DONE])
    fake.faults = faults
    with pytest.raises(DeployError) as failure:
        deploy(fake)
    return failure.value, [request for name, request in fake.requests if name == "describe_events"]


ROLLED_BACK = [
    event(1, "Inbox", "UPDATE_FAILED", "Resource handler returned message: no"),
    event(2, "agenticai-dev", "UPDATE_ROLLBACK_COMPLETE"),
]
FAULT = {
    "EventType": "PROVISIONING_ERROR",
    "LogicalResourceId": "Inbox",
    "ResourceType": "AWS::SQS::Queue",
    "ResourceStatusReason": "the queue was deleted just now",
}


def test_the_operations_events_say_more_of_the_resource_that_failed() -> None:
    other = {**FAULT, "LogicalResourceId": "Outbox"}
    failure, asked = failed(in_operation(*ROLLED_BACK), "UPDATE_ROLLBACK_COMPLETE", [other, FAULT])
    assert (failure.logical_id, failure.reason) == ("Inbox", "the queue was deleted just now")
    assert asked == [{"OperationId": OPERATION, "Filters": {"FailedEvents": True}}]


def test_a_hook_that_had_the_whole_stack_fail_is_named() -> None:
    events = in_operation(event(1, "agenticai-dev", "UPDATE_ROLLBACK_COMPLETE", "a hook failed"))
    hook = {**FAULT, "EventType": "HOOK_INVOCATION_ERROR", "HookStatusReason": "queues must have a key"}
    failure, _ = failed(events, "UPDATE_ROLLBACK_COMPLETE", [hook])
    assert "Inbox (AWS::SQS::Queue) failed, because: queues must have a key" in str(failure)


def test_an_emulator_without_operations_is_not_asked_for_them() -> None:
    failure, asked = failed(ROLLED_BACK, "UPDATE_ROLLBACK_COMPLETE", [FAULT])
    assert failure.reason == "Resource handler returned message: no"
    assert asked == []


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "the stack of before still serves: mend the cause, then deploy again"),
        ("UPDATE_ROLLBACK_FAILED", "`aws cloudformation continue-update-rollback --stack-name agenticai-dev`"),
        ("ROLLBACK_COMPLETE", "deploy again, which deletes the stack first"),
        ("ROLLBACK_FAILED", "`agenticai destroy`"),
    ],
)
def test_what_mends_it_is_told(status: str, told: str) -> None:
    events = [ROLLED_BACK[0], event(2, "agenticai-dev", status)]
    failure, _ = failed(events, status, [])
    assert f"the stack is {status}: " in str(failure)
    assert told in str(failure)


def test_what_is_kept_is_told_before_anything_is_changed() -> None:
    asked: list[ChangeSet] = []
    done = [event(1, "agenticai-dev", "UPDATE_COMPLETE")]
    fake = FakeCloudFormation([[], done], statuses=["UPDATE_COMPLETE"], change_sets=[DONE])
    fake.parameters = {"Level": "DEBUG", "Size": "1", "Gone": "from an older template"}
    deploy(fake, asked)
    assert asked[0].kept == {"Level": "DEBUG"}


def test_what_is_given_is_not_kept() -> None:
    asked: list[ChangeSet] = []
    done = [event(1, "agenticai-dev", "UPDATE_COMPLETE")]
    fake = FakeCloudFormation([[], done], statuses=["UPDATE_COMPLETE"], change_sets=[DONE])
    fake.parameters = {"Level": "DEBUG"}
    deploy(fake, asked, Level="ERROR")
    assert asked[0].kept == {}


OLD = {BUCKET: {"agenticai-dev/worker/old.zip": b"", "agenticai-prod/worker/old.zip": b""}}


def deploy_after_a_year(status: str, s3: FakeS3) -> None:
    events = [event(1, "agenticai-dev", status)]
    fake = FakeCloudFormation([[], events], statuses=["UPDATE_COMPLETE", "UPDATE_COMPLETE", status], change_sets=[DONE])
    target, later = cast("Target", FakeTarget(fake, s3)), s3.modified + timedelta(days=365)
    s3.buckets = {bucket: dict(objects) for bucket, objects in OLD.items()}
    deploy_stack(target, "agenticai-dev", StackDefinition(TEMPLATE), pause=lambda _: None, now=lambda: later)


def test_what_a_stack_uses_no_more_is_deleted_once_it_is_deployed() -> None:
    s3 = FakeS3()
    deploy_after_a_year("UPDATE_COMPLETE", s3)
    assert list(s3.buckets[BUCKET]) == ["agenticai-prod/worker/old.zip"]


def test_what_cloudformation_went_back_to_is_not_deleted() -> None:
    s3 = FakeS3()
    with pytest.raises(DeployError):
        deploy_after_a_year("UPDATE_ROLLBACK_COMPLETE", s3)
    assert s3.buckets == OLD


@pytest.mark.parametrize("call", ["list_objects_v2", "delete_objects"])
def test_who_may_not_delete_has_deployed_all_the_same(call: str) -> None:
    s3 = FakeS3()
    s3.fail_at = call
    deploy_after_a_year("UPDATE_COMPLETE", s3)
    assert s3.buckets == OLD
