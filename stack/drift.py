"""Finds manual changes to a deployed stack, which the next deployment may undo or fail on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from agenticai.stack import waiting
from agenticai.stack.changeset import read_message
from agenticai.stack.deploying import translate_aws_errors
from agenticai.stack.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import StackResourceDriftStatusType
    from mypy_boto3_cloudformation.type_defs import StackResourceDriftTypeDef

    from agenticai.stack.target import Target
    from agenticai.stack.waiting import Pause


@dataclass(frozen=True)
class DriftedResource:
    """A resource that differs from its template; `properties` are the paths of differences, empty if it was deleted."""

    logical_id: str
    resource_type: str
    status: str
    properties: tuple[str, ...]


def find_drift(target: Target, stack: str, pause: Pause = waiting.pause) -> tuple[DriftedResource, ...]:
    """Return the drift of a stack, as CloudFormation detects it. Raises DeployError if it cannot, and TargetError."""
    with translate_aws_errors(target):
        try:
            drifts = _detect(target, stack, pause)
        except ClientError as error:
            raise DeployError(f"Drift of {stack} could not be detected: {read_message(error)}") from error
    return tuple(
        DriftedResource(
            drift["LogicalResourceId"],
            drift["ResourceType"],
            drift["StackResourceDriftStatus"],
            tuple(difference["PropertyPath"] for difference in drift.get("PropertyDifferences", ())),
        )
        for drift in drifts
    )


def _detect(target: Target, stack: str, pause: Pause) -> list[StackResourceDriftTypeDef]:
    cloudformation = target.client("cloudformation")
    detection_id = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    for _ in target.polling.attempts(pause):
        detection = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection_id)
        if detection["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
    if detection["DetectionStatus"] == "DETECTION_FAILED":
        reason = detection.get("DetectionStatusReason", "no reason was given")
        raise DeployError(f"Drift of {stack} is only partly known: {reason}")
    return list(_list_drifts(cloudformation, stack))


def _list_drifts(cloudformation: CloudFormationClient, stack: str) -> Iterator[StackResourceDriftTypeDef]:
    statuses: list[StackResourceDriftStatusType] = ["MODIFIED", "DELETED"]
    page = cloudformation.describe_stack_resource_drifts(StackName=stack, StackResourceDriftStatusFilters=statuses)
    yield from page["StackResourceDrifts"]
    while token := page.get("NextToken"):
        page = cloudformation.describe_stack_resource_drifts(
            StackName=stack, StackResourceDriftStatusFilters=statuses, NextToken=token
        )
        yield from page["StackResourceDrifts"]
