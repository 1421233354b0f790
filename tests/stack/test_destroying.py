"""Deleting a stage from CloudFormation, S3 and Parameter Store."""

from typing import Any

import pytest

from agenticai.stack.destroying import AT_ONCE, DeletionPlan, Resource, destroy_stage, empty_bucket, plan_deletion
from agenticai.stack.errors import DeployError, NotDeployedError
from tests.stack.fakes import Pauses
from tests.stack.stubs import StubbedTarget

NAME = "agenticai-test"
ID = f"arn:aws:cloudformation:eu-central-1:123456789012:stack/{NAME}/1"
AT = "2026-11-01T00:00:00Z"
DOOMED = DeletionPlan(
    "test", ID, (Resource("Files", "AWS::S3::Bucket", "files"), Resource("Gone", "AWS::S3::Bucket", ""))
)


def stack(status: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": NAME, "StackId": ID, "CreationTime": AT, "StackStatus": status}]}


def event(number: int, logical_id: str, status: str, reason: str = "") -> dict[str, Any]:
    own = logical_id == NAME
    return {
        "StackId": ID,
        "StackName": NAME,
        "EventId": str(number),
        "Timestamp": AT,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": ID if own else logical_id,
        "ResourceType": "AWS::CloudFormation::Stack" if own else "AWS::S3::Bucket",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@pytest.fixture
def aws() -> StubbedTarget:
    return StubbedTarget()


def test_what_goes_is_listed_without_what_has_gone(aws: StubbedTarget) -> None:
    aws.answer("cloudformation", "describe_stacks", stack("DELETE_FAILED"), StackName=NAME)
    rows = [
        {"LogicalResourceId": one, "ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": one.lower(),
         "LastUpdatedTimestamp": AT, "ResourceStatus": status}
        for one, status in (("Files", "DELETE_FAILED"), ("Other", "DELETE_COMPLETE"))
    ]  # fmt: skip
    aws.answer("cloudformation", "list_stack_resources", {"StackResourceSummaries": rows}, StackName=NAME)
    doomed = plan_deletion(aws.target, "test")
    assert doomed.resources == (Resource("Files", "AWS::S3::Bucket", "files"),)
    assert doomed.parameters[0] == "/agenticai/test/gemini-api-key"


def test_a_stage_that_is_not_there_is_said_so(aws: StubbedTarget) -> None:
    aws.refuse("cloudformation", "describe_stacks", "ValidationError", f"Stack with id {NAME} does not exist")
    aws.answer("ssm", "get_parameters", {"Parameters": [], "InvalidParameters": list(DOOMED.parameters)})
    with pytest.raises(NotDeployedError, match="nothing is left of it"):
        plan_deletion(aws.target, "test")


def test_parameters_that_outlived_their_stack_are_deleted(aws: StubbedTarget) -> None:
    aws.refuse("cloudformation", "describe_stacks", "ValidationError", f"Stack with id {NAME} does not exist")
    name = DOOMED.parameters[1]
    aws.answer("ssm", "get_parameters", {"Parameters": [{"Name": name}]}, Names=list(DOOMED.parameters))
    aws.answer("ssm", "delete_parameters", {"DeletedParameters": [name]}, Names=list(DOOMED.parameters))
    doomed = plan_deletion(aws.target, "test")
    assert (doomed.stack_id, doomed.resources) == ("", ())
    destroy_stage(aws.target, doomed, pause=Pauses())
    aws.assert_all_asked()


def test_a_protected_stack_is_left_alone_with_its_files(aws: StubbedTarget) -> None:
    protected = stack("CREATE_COMPLETE")
    protected["Stacks"][0]["EnableTerminationProtection"] = True
    aws.answer("cloudformation", "describe_stacks", protected)
    with pytest.raises(DeployError, match="--no-enable-termination-protection --stack-name agenticai-test"):
        plan_deletion(aws.target, "test")


def test_a_stage_that_is_at_work_is_left_alone(aws: StubbedTarget) -> None:
    aws.answer("cloudformation", "describe_stacks", stack("UPDATE_IN_PROGRESS"))
    with pytest.raises(DeployError, match="wait until that has ended"):
        plan_deletion(aws.target, "test")


def test_the_bucket_is_emptied_the_stack_deleted_and_then_the_parameters(aws: StubbedTarget) -> None:
    versions = [{"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}]
    markers = [{"Key": "b", "VersionId": "3"}]
    aws.answer(
        "s3",
        "list_object_versions",
        {"Versions": versions, "DeleteMarkers": markers},
        Bucket="files",
        MaxKeys=AT_ONCE,
    )
    aws.answer("s3", "delete_objects", {}, Bucket="files", Delete={"Objects": versions + markers, "Quiet": True})
    aws.answer("s3", "list_object_versions", {}, Bucket="files", MaxKeys=AT_ONCE)
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": []}, StackName=ID)
    aws.answer("cloudformation", "delete_stack", {}, StackName=ID)
    done = [event(2, NAME, "DELETE_COMPLETE"), event(1, NAME, "DELETE_IN_PROGRESS")]
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": done}, StackName=ID)
    aws.answer("cloudformation", "describe_stacks", stack("DELETE_COMPLETE"), StackName=ID)
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": done}, StackName=ID)
    names = ["/agenticai/test/gemini-api-key", "/agenticai/test/api-token", "/agenticai/test/versions-before"]
    aws.answer("ssm", "delete_parameters", {"DeletedParameters": names}, Names=names)
    seen, emptied = list[str](), list[int]()
    destroy_stage(
        aws.target, DOOMED, on_event=lambda one: seen.append(one.status), on_emptied=emptied.append, pause=Pauses()
    )
    aws.assert_all_asked()
    assert (seen, emptied) == (["DELETE_IN_PROGRESS", "DELETE_COMPLETE"], [3])


def fail_to_delete(aws: StubbedTarget, first: int) -> None:
    """Make the next deletion fail because of a bucket that is not empty; its events begin with this number."""
    aws.answer("s3", "list_object_versions", {})
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": []})
    aws.answer("cloudformation", "delete_stack", {})
    failed = [
        event(first + 1, NAME, "DELETE_FAILED"),
        event(first, "Files", "DELETE_FAILED", "The bucket is not empty"),
    ]
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": failed})
    aws.answer("cloudformation", "describe_stacks", stack("DELETE_FAILED"))
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": failed})


def test_a_bucket_that_was_filled_again_meanwhile_is_emptied_again(aws: StubbedTarget) -> None:
    fail_to_delete(aws, 1)
    aws.answer("s3", "list_object_versions", {"Versions": [{"Key": "late", "VersionId": "1"}]})
    aws.answer("s3", "delete_objects", {})
    aws.answer("s3", "list_object_versions", {})
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": []})
    aws.answer("cloudformation", "delete_stack", {})
    done = [event(9, NAME, "DELETE_COMPLETE")]
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": done})
    aws.answer("cloudformation", "describe_stacks", stack("DELETE_COMPLETE"))
    aws.answer("cloudformation", "describe_stack_events", {"StackEvents": done})
    aws.answer("ssm", "delete_parameters", {})
    destroy_stage(aws.target, DOOMED, pause=Pauses())
    aws.assert_all_asked()


def test_what_could_not_be_deleted_is_named_and_the_parameters_stay(aws: StubbedTarget) -> None:
    for first in (1, 3):
        fail_to_delete(aws, first)
    with pytest.raises(DeployError, match=r"Files \(AWS::S3::Bucket\): The bucket is not empty"):
        destroy_stage(aws.target, DOOMED, pause=Pauses())
    aws.assert_all_asked()


def test_an_object_that_s3_keeps_is_named(aws: StubbedTarget) -> None:
    aws.answer("s3", "list_object_versions", {"Versions": [{"Key": "a", "VersionId": "1"}]})
    aws.answer("s3", "delete_objects", {"Errors": [{"Key": "a", "Message": "Access Denied", "Code": "AccessDenied"}]})
    with pytest.raises(DeployError, match="files cannot be emptied: a: Access Denied"):
        list(empty_bucket(aws.client("s3"), "files"))


def test_a_bucket_that_is_gone_is_empty(aws: StubbedTarget) -> None:
    aws.refuse("s3", "list_object_versions", "NoSuchBucket", status=404)
    assert list(empty_bucket(aws.client("s3"), "files")) == []
