"""What stands in the way of a deployment to AWS, found before anything is changed, and all of it at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from agenticai.stack.changeset import ChangeSets, message
from agenticai.stack.errors import DeployError
from agenticai.stack.states import Way, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from agenticai.stack.target import Target
    from agenticai.stack.template import Template

BOUNDARY: Final = "PermissionsBoundary"
"""The template's parameter for the boundary of its roles."""

RUNS_CONCURRENCY: Final = 2
"""The runs that qa waits for, one for each message that it works on."""

API_CONCURRENCY: Final = 2
"""Invocations that are left to the API beside those of the queues."""

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
    "lambda:{region}:{account}:layer:agenticai-shared": ("lambda:PublishLayerVersion",),
    "logs:{region}:{account}:log-group:/aws/lambda/agenticai-api": ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "s3:::{stack}": ("s3:CreateBucket", "s3:PutBucketPolicy"),
    "s3:::{stack}/object": ("s3:GetObject", "s3:PutObject"),
    "sqs:{region}:{account}:agenticai-queue": ("sqs:CreateQueue", "sqs:SetQueueAttributes"),
    "ssm:{region}:{account}:parameter/agenticai/token": ("ssm:GetParameters", "ssm:PutParameter"),
}
"""What a deployment does in the deployer's name, at the least, by the resource: its ARN without `arn:PARTITION:`."""


@dataclass(frozen=True)
class Identity:
    """Who deploys, and where to."""

    account: str
    arn: str
    region: str


@dataclass(frozen=True)
class Finding:
    """One thing that was found, as a sentence; `blocks` says that the deployment would fail on it."""

    told: str
    blocks: bool = True


@dataclass(frozen=True)
class Preflight:
    """Who deploys, and what was found."""

    identity: Identity
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing that was found is in the way."""
        return not any(finding.blocks for finding in self.findings)


def identify(target: Target) -> Identity:
    """Return who asks. Raises botocore's errors."""
    who = target.client("sts").get_caller_identity()
    return Identity(who["Account"], who["Arn"], target.region)


def check_deployment(
    target: Target, stack: str, template: Template, parameters: Mapping[str, str], find_secrets: Callable[[], object]
) -> Preflight:
    """Look for everything that a deployment of a stack would fail on; change nothing.

    `find_secrets` raises DeployError where a secret is missing. Raises botocore's errors where AWS does not answer.
    """
    identity = identify(target)
    change_sets = ChangeSets(target.client("cloudformation"), stack, target.polling, lambda _: None)
    status = change_sets.status()
    names = {
        **change_sets.parameters(),
        **parameters,
        "AWS::AccountId": identity.account,
        "AWS::Region": identity.region,
    }
    checks: list[Callable[[], Iterable[Finding]]] = [
        lambda: _check_state(stack, status),
        lambda: _check_names(target, template, names) if state_of(status).way is Way.CREATE else (),
        lambda: _check_secrets(find_secrets),
        lambda: _check_concurrency(target, template),
        lambda: _check_permissions(target, identity, stack, names.get(BOUNDARY, "")),
    ]
    findings = [finding for check in checks for finding in _found(check)]
    return Preflight(identity, tuple(findings))


def _found(check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return what a check found; what it may not ask is a finding of its own, so that the others go on."""
    try:
        return list(check())
    except ClientError as error:
        why = message(error).rstrip(".")
        return [Finding(f"Something was not checked, because {error.operation_name} was refused: {why}.", blocks=False)]


def _check_state(stack: str, status: str | None) -> Iterator[Finding]:
    state = state_of(status)
    if state.told:
        yield Finding(f"{stack} is {status}: {state.told.format(stack=stack)}.")
    elif state.way is Way.REPLACE:
        yield Finding(f"{stack} never came up ({status}): it is deleted first; it holds nothing.", blocks=False)


def _check_secrets(find: Callable[[], object]) -> Iterator[Finding]:
    try:
        find()
    except DeployError as error:
        yield Finding(str(error))


def _check_concurrency(target: Target, template: Template) -> Iterator[Finding]:
    limits = target.client("lambda").get_account_settings()["AccountLimit"]
    free, needed = (
        limits["UnreservedConcurrentExecutions"],
        concurrency_of(template) + RUNS_CONCURRENCY + API_CONCURRENCY,
    )
    if free < needed:
        yield Finding(
            f"Lambda runs at most {free} invocations at once in this account, and the stack takes up to {needed}:"
            ' messages will wait; ask for more in Service Quotas ("Concurrent executions" of Lambda).',
            blocks=False,
        )


def concurrency_of(template: Template) -> int:
    """Return how many invocations the queues of a template cause at once, at the most."""
    resources: Mapping[str, Any] = template.document["Resources"]
    events = (
        event["Properties"]
        for resource in resources.values()
        for event in (resource.get("Properties") or {}).get("Events", {}).values()
        if event.get("Type") == "SQS"
    )
    return sum(int(event.get("ScalingConfig", {}).get("MaximumConcurrency", 0)) for event in events)


def _check_permissions(target: Target, who: Identity, stack: str, boundary: str) -> Iterator[Finding]:
    """Simulate what the deployer may do. It warns only: what conditions and organizations say is not simulated."""
    if who.arn.endswith(":root"):
        yield Finding("You deploy as the account's root user: make a role for it instead.", blocks=False)
        return
    role = _find_principal(target, who.arn)
    try:
        denied = [
            action
            for arn, actions in DEPLOYER_ACTIONS.items()
            for action in _deny(target, role, who, stack, arn, actions, boundary)
        ]
    except ClientError as error:
        why = message(error).rstrip(".")
        yield Finding(f"Your permissions were not checked, because they could not be simulated: {why}.", blocks=False)
        return
    if denied:
        yield Finding(f"{role} seems not to be allowed {', '.join(denied)}: have these added.", blocks=False)


def _find_principal(target: Target, arn: str) -> str:
    """Return the ARN of the user, or of the role behind a session, whose own ARN leaves out the role's path.

    Roles of Identity Center have one: /aws-reserved/sso.amazonaws.com/REGION/.
    """
    session = _SESSION.fullmatch(arn)
    if session is None:
        return arn
    partition, account, name = session.groups()
    try:
        return str(target.client("iam").get_role(RoleName=name)["Role"]["Arn"])
    except ClientError:  # who may not ask has to be content with the ARN that most roles have
        return f"arn:{partition}:iam::{account}:role/{name}"


def _deny(
    target: Target, role: str, who: Identity, stack: str, resource: str, actions: Sequence[str], boundary: str
) -> Iterator[str]:
    """Yield those of some actions on a resource that IAM's simulator does not allow a role.

    `boundary` is that of the roles which the stack makes; empty where they have none.
    """
    partition = who.arn.split(":")[1]
    arn = f"arn:{partition}:{resource.format(region=who.region, account=who.account, stack=stack)}"
    context = {"iam:PassedToService": "lambda.amazonaws.com", "iam:PermissionsBoundary": boundary}
    entries = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
        if value
    ]
    pages = (
        target.client("iam")
        .get_paginator("simulate_principal_policy")
        .paginate(PolicySourceArn=role, ActionNames=list(actions), ResourceArns=[arn], ContextEntries=entries)
    )
    results = [result for page in pages for result in page["EvaluationResults"]]
    yield from (result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed")


def _check_names(target: Target, template: Template, values: Mapping[str, str]) -> Iterator[Finding]:
    """Look for resources that have a name which a new stack would give to its own."""
    for logical_id, resource in template.document["Resources"].items():
        kind = resource.get("Type", "")
        if kind in _NAMED:
            property_name, is_there = _NAMED[kind]
            name = _resolve((resource.get("Properties") or {}).get(property_name), values)
            if name and is_there(target, name):
                yield Finding(
                    f"There is a {kind} named {name} already, which {logical_id} would be: delete it, or deploy"
                    " another stage."
                )


def _resolve(name: object, values: Mapping[str, str]) -> str:
    """Return a name with the values of parameters in it; empty where it holds anything else."""
    match name:
        case {"Fn::Sub": str(text)}:
            for key, value in values.items():
                text = text.replace(f"${{{key}}}", value)
            return "" if "${" in text else text
        case str(text):
            return text
    return ""


def _answers(ask: Callable[[], object], *absent: str) -> bool:
    try:
        ask()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in absent:
            return False
        if code in {"403", "AccessDenied", "AccessDeniedException"}:
            return code == "403"  # a bucket of somebody else; of the others nothing is known
        raise
    return True


def _is_log_group(target: Target, name: str) -> bool:
    groups = target.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


_NAMED: Final[Mapping[str, tuple[str, Callable[[Target, str], bool]]]] = {
    "AWS::S3::Bucket": (
        "BucketName",
        lambda target, name: _answers(lambda: target.client("s3").head_bucket(Bucket=name), "404", "NoSuchBucket"),
    ),
    "AWS::DynamoDB::Table": (
        "TableName",
        lambda target, name: _answers(
            lambda: target.client("dynamodb").describe_table(TableName=name), "ResourceNotFoundException"
        ),
    ),
    "AWS::SQS::Queue": (
        "QueueName",
        lambda target, name: _answers(
            lambda: target.client("sqs").get_queue_url(QueueName=name),
            "AWS.SimpleQueueService.NonExistentQueue",
            "QueueDoesNotExist",
        ),
    ),
    "AWS::Logs::LogGroup": ("LogGroupName", _is_log_group),
    "AWS::Serverless::Function": (
        "FunctionName",
        lambda target, name: _answers(
            lambda: target.client("lambda").get_function_configuration(FunctionName=name), "ResourceNotFoundException"
        ),
    ),
}
"""The property that names a resource, and how it is asked whether there is one of a name."""
