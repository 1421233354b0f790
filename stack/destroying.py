"""Deletes a stage: its stack with all contents and its secrets; and tells what is retained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from agenticai.stack import events, waiting
from agenticai.stack.changeset import is_missing_stack
from agenticai.stack.deploying import translate_aws_errors
from agenticai.stack.errors import DeployError, NotDeployedError
from agenticai.stack.secrets import name_api_token_parameter, name_gemini_api_key_parameter
from agenticai.stack.stage import name_stack
from agenticai.stack.states import DeploymentAction, find_state
from agenticai.stack.versions import name_versions_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

    from agenticai.stack.events import StackEvent
    from agenticai.stack.target import Target
    from agenticai.stack.waiting import Pause

BUCKET: Final = "AWS::S3::Bucket"
AT_ONCE: Final = 1000
"""The maximum number of objects that S3 deletes in one request."""

GONE: Final = "DELETE_COMPLETE"
ATTEMPTS: Final = 2


@dataclass(frozen=True)
class Resource:
    """A resource of a stack."""

    logical_id: str
    type: str
    physical_id: str


@dataclass(frozen=True)
class DeletionPlan:
    """What is deleted with a stage."""

    stage: str
    stack_id: str
    resources: tuple[Resource, ...]

    def list_names(self, kind: str) -> list[str]:
        """Return the names of all resources of a type."""
        return [resource.physical_id for resource in self.resources if resource.type == kind and resource.physical_id]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the stage's parameters, which are not part of its stack."""
        return (
            name_gemini_api_key_parameter(self.stage),
            name_api_token_parameter(self.stage),
            name_versions_parameter(self.stage),
        )


def plan_deletion(target: Target, stage: str) -> DeletionPlan:
    """Return what is deleted with a stage: only its parameters if its stack is deleted already.

    Raises NotDeployedError if nothing is left of it, DeployError if it may not be deleted now, and TargetError.
    """
    name = name_stack(stage)
    with translate_aws_errors(target):
        cloudformation = target.client("cloudformation")
        try:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if not is_missing_stack(error):
                raise
            plan = DeletionPlan(stage, "", ())
            if not target.client("ssm").get_parameters(Names=list(plan.parameters))["Parameters"]:
                raise NotDeployedError(
                    f"There is no stack {name} at {target.address}: nothing is left of it."
                ) from error
            return plan
        if find_state(stack["StackStatus"]).action is DeploymentAction.WAIT:
            raise DeployError(f"{name} is {stack['StackStatus']}: wait until that has ended, then destroy it.")
        if stack.get("EnableTerminationProtection"):
            raise DeployError(
                f"{name} has termination protection: `aws cloudformation update-termination-protection"
                f" --no-enable-termination-protection --stack-name {name}` turns it off."
            )
        return DeletionPlan(stage, stack["StackId"], tuple(_list_resources(cloudformation, name)))


def _list_resources(cloudformation: CloudFormationClient, name: str) -> Iterator[Resource]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=name):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceStatus"] != GONE:
                yield Resource(
                    resource["LogicalResourceId"], resource["ResourceType"], resource.get("PhysicalResourceId", "")
                )


def destroy_stage(
    target: Target,
    plan: DeletionPlan,
    *,
    on_event: Callable[[StackEvent], object] = lambda _: None,
    on_emptied: Callable[[int], object] = lambda _: None,
    pause: Pause = waiting.pause,
) -> None:
    """Empty the buckets of a stage, delete its stack, and then its secrets.

    `on_emptied` is called with the number of object versions deleted so far. Call it again to finish an interrupted
    deletion. Raises DeployError, which names what could not be deleted, and TargetError.
    """
    with translate_aws_errors(target):
        if plan.stack_id:
            _delete_stack(target, plan, on_event, on_emptied, pause)
        target.client("ssm").delete_parameters(Names=list(plan.parameters))


def _delete_stack(
    target: Target,
    plan: DeletionPlan,
    on_event: Callable[[StackEvent], object],
    on_emptied: Callable[[int], object],
    pause: Pause,
) -> None:
    """Delete the stack; retry once if functions that were still running have filled its bucket again."""
    cloudformation, emptied = target.client("cloudformation"), 0
    for _ in range(ATTEMPTS):
        for bucket in plan.list_names(BUCKET):
            for deleted in empty_bucket(target.client("s3"), bucket):
                emptied += deleted
                on_emptied(emptied)
        stream = events.EventStream(cloudformation, plan.stack_id)
        cloudformation.delete_stack(StackName=plan.stack_id)
        status, seen = events.follow(cloudformation, stream, plan.stack_id, on_event, target.polling, pause)
        if status == GONE:
            return
    raise _make_failure(name_stack(plan.stage), status, [event for event in seen if event.failed])


def empty_bucket(s3: S3Client, bucket: str) -> Iterator[int]:
    """Delete all versions of all objects, and their delete markers; yield the number of each batch.

    Objects written meanwhile are deleted too. Raises botocore's errors, and DeployError for what S3 does not delete.
    """
    while True:
        try:
            page = s3.list_object_versions(Bucket=bucket, MaxKeys=AT_ONCE)
        except s3.exceptions.NoSuchBucket:
            return
        versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not versions:
            return
        identifiers: list[ObjectIdentifierTypeDef] = [
            {"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions
        ]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": identifiers, "Quiet": True})
        if errors := answer.get("Errors"):
            first = errors[0]
            raise DeployError(
                f"{bucket} cannot be emptied: {first.get('Key')}: {first.get('Message')};"
                f" {len(errors)} objects are left."
            )
        yield len(identifiers)


def _make_failure(name: str, status: str, failed: list[StackEvent]) -> DeployError:
    reasons = "; ".join(
        f"{event.logical_id} ({event.resource_type}): {event.reason}" for event in failed if not event.is_stack
    )
    return DeployError(
        f"{name} is {status}, and some of it is left: {reasons or 'no event says why'}. Fix the cause, then destroy it"
        " again."
    )
