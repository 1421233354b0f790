"""Finds permissions that the deployer lacks, with IAM's policy simulator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agenticai.stack.target import Target

_SESSION: Final = re.compile(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.+")

DEPLOYER_ACTIONS: Final[Mapping[str, Sequence[str]]] = {
    "cloudformation:{region}:{account}:stack/{stack}/*": (
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeEvents",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ExecuteChangeSet",
    ),
    "apigateway:{region}::/restapis": ("apigateway:POST",),
    "cloudwatch:{region}:{account}:alarm:agenticai-alarm": ("cloudwatch:PutMetricAlarm",),
    "dynamodb:{region}:{account}:table/{stack}": ("dynamodb:CreateTable", "dynamodb:PutItem"),
    "iam::{account}:role/{stack}-role": (
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:PassRole",
        "iam:PutRolePolicy",
    ),
    "lambda:{region}:{account}:function:agenticai-api": (
        "lambda:AddPermission",
        "lambda:CreateAlias",
        "lambda:CreateFunction",
        "lambda:PublishVersion",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
    ),
    "lambda:{region}:{account}:layer:agenticai-node": ("lambda:PublishLayerVersion",),
    "lambda:{region}:{account}:layer:agenticai-shared": ("lambda:PublishLayerVersion",),
    "logs:{region}:{account}:log-group:/aws/lambda/agenticai-api": ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "s3:::{stack}": ("s3:CreateBucket", "s3:PutBucketPolicy"),
    "s3:::{stack}/object": ("s3:GetObject", "s3:PutObject"),
    "sns:{region}:{account}:agenticai-topic": ("sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe"),
    "sqs:{region}:{account}:agenticai-queue": ("sqs:CreateQueue", "sqs:SetQueueAttributes"),
    "ssm:{region}:{account}:parameter/agenticai/token": ("ssm:GetParameters", "ssm:PutParameter"),
}
"""The minimum actions of a deployment by resource: its ARN without `arn:PARTITION:`."""


def find_denied(target: Target, arn: str, account: str, stack: str, boundary: str) -> tuple[str, list[str]]:
    """Return the user or role behind an ARN, and the actions of a deployment for which it lacks permission.

    `boundary` is the permissions boundary of the stack's roles; empty if they have none. Raises botocore's errors.
    """
    role, partition = _find_principal(target, arn), arn.split(":")[1]
    denied = list[str]()
    for resource, actions in DEPLOYER_ACTIONS.items():
        resource_name = resource.format(region=target.region, account=account, stack=stack)
        denied += _find_denied_actions(target, role, f"arn:{partition}:{resource_name}", actions, boundary)
    return role, denied


def _find_principal(target: Target, arn: str) -> str:
    """Return the ARN of the user, or of a session's role: the session's ARN omits the role's path.

    Roles of Identity Center have one: /aws-reserved/sso.amazonaws.com/REGION/.
    """
    session = _SESSION.fullmatch(arn)
    if session is None:
        return arn
    partition, account, name = session.groups()
    try:
        return str(target.client("iam").get_role(RoleName=name)["Role"]["Arn"])
    except ClientError:  # without permission, assume the ARN that most roles have
        return f"arn:{partition}:iam::{account}:role/{name}"


def _find_denied_actions(
    target: Target, role: str, resource: str, actions: Sequence[str], boundary: str
) -> Iterator[str]:
    """Yield the actions on a resource that IAM's simulator does not allow the role."""
    context = {"iam:PassedToService": "lambda.amazonaws.com", "iam:PermissionsBoundary": boundary}
    entries = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
        if value
    ]
    pages = (
        target.client("iam")
        .get_paginator("simulate_principal_policy")
        .paginate(PolicySourceArn=role, ActionNames=list(actions), ResourceArns=[resource], ContextEntries=entries)
    )
    results = [result for page in pages for result in page["EvaluationResults"]]
    yield from (result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed")
