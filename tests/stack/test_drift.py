"""Manual changes to a stack, as CloudFormation reports them."""

from typing import Any

import pytest

from agenticai.stack.drift import DriftedResource, find_drift
from agenticai.stack.errors import DeployError
from tests.stack.fakes import Pauses
from tests.stack.stubs import StubbedTarget

AT = "2026-11-01T00:00:00Z"
ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/agenticai-test/1"


def status(of: str, reason: str = "") -> dict[str, Any]:
    return {
        "StackId": ID,
        "StackDriftDetectionId": "1",
        "DetectionStatus": of,
        "DetectionStatusReason": reason,
        "Timestamp": AT,
    }


def drift(logical_id: str, how: str, *paths: str) -> dict[str, Any]:
    differences = [
        {"PropertyPath": path, "ExpectedValue": "1", "ActualValue": "2", "DifferenceType": "NOT_EQUAL"}
        for path in paths
    ]
    return {
        "StackId": ID,
        "LogicalResourceId": logical_id,
        "ResourceType": "AWS::SQS::Queue",
        "StackResourceDriftStatus": how,
        "PropertyDifferences": differences,
        "Timestamp": AT,
    }


def test_what_differs_is_named_to_the_last_page() -> None:
    aws = StubbedTarget()
    aws.answer("cloudformation", "detect_stack_drift", {"StackDriftDetectionId": "1"}, StackName="agenticai-test")
    for one in (status("DETECTION_IN_PROGRESS"), status("DETECTION_COMPLETE")):
        aws.answer("cloudformation", "describe_stack_drift_detection_status", one, StackDriftDetectionId="1")
    first = {"StackResourceDrifts": [drift("Queue", "MODIFIED", "/VisibilityTimeout")], "NextToken": "more"}
    aws.answer("cloudformation", "describe_stack_resource_drifts", first)
    aws.answer("cloudformation", "describe_stack_resource_drifts", {"StackResourceDrifts": [drift("Table", "DELETED")]})
    assert find_drift(aws.target, "agenticai-test", Pauses()) == (
        DriftedResource("Queue", "AWS::SQS::Queue", "MODIFIED", ("/VisibilityTimeout",)),
        DriftedResource("Table", "AWS::SQS::Queue", "DELETED", ()),
    )
    aws.assert_all_asked()


def test_what_could_not_be_looked_for_is_said() -> None:
    aws = StubbedTarget()
    aws.refuse("cloudformation", "detect_stack_drift", "ValidationError", "the stack is busy")
    with pytest.raises(DeployError, match="could not be detected: the stack is busy"):
        find_drift(aws.target, "agenticai-test", Pauses())
    aws.answer("cloudformation", "detect_stack_drift", {"StackDriftDetectionId": "1"})
    aws.answer("cloudformation", "describe_stack_drift_detection_status", status("DETECTION_FAILED", "no rights"))
    with pytest.raises(DeployError, match="is only partly known: no rights"):
        find_drift(aws.target, "agenticai-test", Pauses())
