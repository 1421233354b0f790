"""The findings before a deployment to AWS: all at once, with requests and answers valid by botocore's models."""

from pathlib import Path
from typing import Any

import pytest

from agenticai.stack.errors import DeployError
from agenticai.stack.preflight import Preflight, check_deployment, count_concurrency
from agenticai.stack.simulation import DEPLOYER_ACTIONS
from agenticai.stack.template import Template
from tests.stack.fakes import START
from tests.stack.stubs import ACCOUNT, ME, ROLE, StubbedTarget

STACK = "agenticai-prod"
NAMED = """
Parameters: {Stage: {Type: String}}
Resources:
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "files-${Stage}-${AWS::AccountId}-${AWS::Region}"}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub "table-${Stage}"}}
  Inbox: {Type: AWS::SQS::Queue, Properties: {QueueName: inbox}}
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/worker}}
  Unnamed: {Type: AWS::SQS::Queue}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Join ["-", [worker, !Ref Stage]]
      Events:
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Inbox.Arn, ScalingConfig: {MaximumConcurrency: 2}}}
        Api: {Type: Api, Properties: {Path: /, Method: get}}
"""


@pytest.fixture
def aws() -> StubbedTarget:
    stubbed = StubbedTarget()
    stubbed.answer("sts", "get_caller_identity", ME)
    return stubbed


def with_stack(aws: StubbedTarget, status: str | None, **parameters: str) -> None:
    """Set the stack's status and parameters, each of which is requested once."""
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    stack = {"StackName": STACK, "CreationTime": START, "StackStatus": status, "Parameters": given}
    for _ in ("state", "parameters"):
        if status is None:
            aws.refuse("cloudformation", "describe_stacks", "ValidationError", f"Stack with id {STACK} does not exist")
        else:
            aws.answer("cloudformation", "describe_stacks", {"Stacks": [stack]}, StackName=STACK)


def with_names(aws: StubbedTarget, **taken: bool) -> None:
    if taken.get("bucket"):
        aws.answer("s3", "head_bucket", {}, Bucket=f"files-prod-{ACCOUNT}-eu-central-1")
    else:
        aws.refuse("s3", "head_bucket", "404", status=404)
    if taken.get("table"):
        aws.answer("dynamodb", "describe_table", {"Table": {"TableName": "table-prod"}}, TableName="table-prod")
    else:
        aws.refuse("dynamodb", "describe_table", "ResourceNotFoundException")
    if taken.get("queue"):
        aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://sqs/inbox"}, QueueName="inbox")
    else:
        aws.refuse("sqs", "get_queue_url", "AWS.SimpleQueueService.NonExistentQueue")
    names = ["/aws/lambda/worker-of-another", *(["/aws/lambda/worker"] if taken.get("log") else [])]
    groups = [{"logGroupName": name} for name in names]
    aws.answer("logs", "describe_log_groups", {"logGroups": groups}, logGroupNamePrefix="/aws/lambda/worker")


def with_concurrency(aws: StubbedTarget, free: int) -> None:
    limits = {"ConcurrentExecutions": free, "UnreservedConcurrentExecutions": free}
    aws.answer("lambda", "get_account_settings", {"AccountLimit": limits, "AccountUsage": {}})


def with_permissions(aws: StubbedTarget, *denied: str, role: str = ROLE, boundary: str = "") -> None:
    aws.answer("iam", "get_role", {"Role": described(role)}, RoleName=role.rsplit("/", 1)[1])
    with_simulation(aws, *denied, role=role, boundary=boundary)


def described(role: str) -> dict[str, Any]:
    path, name = role.split(":role", 1)[1].rsplit("/", 1)
    return {"Path": f"{path}/", "RoleName": name, "RoleId": "AROAEXAMPLEEXAMPLE", "Arn": role, "CreateDate": START}


def with_simulation(aws: StubbedTarget, *denied: str, role: str = ROLE, boundary: str = "") -> None:
    for resource, actions in DEPLOYER_ACTIONS.items():
        arn = f"arn:aws:{resource.format(region='eu-central-1', account=ACCOUNT, stack=STACK)}"
        results: list[dict[str, Any]] = [
            {"EvalActionName": action, "EvalDecision": "implicitDeny" if action in denied else "allowed"}
            for action in actions
        ]
        context = {"iam:PassedToService": "lambda.amazonaws.com"}
        if boundary:
            context["iam:PermissionsBoundary"] = boundary
        entries = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in context.items()
        ]
        aws.answer(
            "iam",
            "simulate_principal_policy",
            {"EvaluationResults": results, "IsTruncated": False},
            PolicySourceArn=role,
            ActionNames=list(actions),
            ResourceArns=[arn],
            ContextEntries=entries,
        )


def checked(aws: StubbedTarget, secrets: Any = lambda: None) -> Preflight:
    template = Template.parse(NAMED, Path("template.yaml"))
    found = check_deployment(aws.target, STACK, template, {"Stage": "prod"}, secrets)
    aws.assert_all_asked()
    return found


def test_where_nothing_is_in_the_way_nothing_is_said(aws: StubbedTarget) -> None:
    with_stack(aws, None)
    with_names(aws)
    with_concurrency(aws, 1000)
    with_permissions(aws)
    found = checked(aws)
    assert found.passed
    assert found.findings == ()
    assert (found.identity.account, found.identity.region) == (ACCOUNT, "eu-central-1")


def test_all_that_is_wrong_is_said_at_once(aws: StubbedTarget) -> None:
    with_stack(aws, None)
    with_names(aws, bucket=True, table=True, queue=True, log=True)
    with_concurrency(aws, 3)
    with_permissions(aws, "iam:PassRole", "s3:PutObject")

    def missing() -> None:
        raise DeployError("The stage prod has no Gemini API key yet: give one with the first deployment.")

    found = checked(aws, missing)
    told = [finding.message for finding in found.findings]
    assert not found.passed
    assert [line.split(" named ")[1].split()[0] for line in told if " named " in line] == [
        f"files-prod-{ACCOUNT}-eu-central-1",
        "table-prod",
        "inbox",
        "/aws/lambda/worker",
    ]
    assert "has no Gemini API key" in told[4]
    assert told[5].startswith("Lambda runs at most 3 invocations at once in this account, and the stack takes up to 8")
    assert told[6] == f"{ROLE} seems not to be allowed iam:PassRole, s3:PutObject: have these added."
    assert [finding.blocks for finding in found.findings] == [True] * 5 + [False, False]


@pytest.mark.parametrize(
    ("status", "blocks", "told"),
    [
        ("UPDATE_COMPLETE", None, ""),
        ("UPDATE_IN_PROGRESS", True, "wait until that has ended"),
        ("UPDATE_ROLLBACK_FAILED", True, "continue-update-rollback --stack-name agenticai-prod"),
        ("DELETE_FAILED", True, "agenticai destroy"),
    ],
)
def test_the_state_of_the_stack(aws: StubbedTarget, status: str, blocks: bool | None, told: str) -> None:
    with_stack(aws, status)
    with_concurrency(aws, 1000)
    with_permissions(aws)
    found = checked(aws)
    assert [finding.blocks for finding in found.findings] == ([] if blocks is None else [blocks])
    assert all(told in finding.message for finding in found.findings)


def test_a_stack_that_never_came_up_is_no_hindrance_and_its_names_are_free(aws: StubbedTarget) -> None:
    with_stack(aws, "ROLLBACK_COMPLETE")
    with_concurrency(aws, 1000)
    with_permissions(aws)
    found = checked(aws)
    assert found.passed
    assert "it is deleted first; it holds nothing" in found.findings[0].message


def test_a_bucket_of_somebody_else_is_taken_too(aws: StubbedTarget) -> None:
    with_stack(aws, None)
    aws.refuse("s3", "head_bucket", "403", status=403)
    aws.refuse("dynamodb", "describe_table", "AccessDeniedException")
    aws.refuse("sqs", "get_queue_url", "AWS.SimpleQueueService.NonExistentQueue")
    aws.answer("logs", "describe_log_groups", {"logGroups": []})
    with_concurrency(aws, 1000)
    with_permissions(aws)
    assert [finding.message[:40] for finding in checked(aws).findings] == ["There is a AWS::S3::Bucket named files-p"]


def test_one_who_may_not_simulate_is_told_that_permissions_are_not_known(aws: StubbedTarget) -> None:
    with_stack(aws, "CREATE_COMPLETE")
    with_concurrency(aws, 1000)
    aws.refuse("iam", "get_role", "AccessDenied")
    aws.refuse("iam", "simulate_principal_policy", "AccessDenied", "You may not.")
    found = checked(aws)
    assert found.passed
    assert found.findings[0].message == (
        "Your permissions were not checked, because they could not be simulated: You may not."
    )


def test_a_session_of_identity_center_is_that_of_a_role_with_a_path() -> None:
    name = "AWSReservedSSO_Developer_0123456789abcdef"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me@example.com"
    aws = StubbedTarget()
    aws.answer("sts", "get_caller_identity", {"UserId": "AROAEXAMPLE:me", "Account": ACCOUNT, "Arn": session})
    with_stack(aws, "CREATE_COMPLETE")
    with_concurrency(aws, 1000)
    with_permissions(aws, role=f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-central-1/{name}")
    assert checked(aws).findings == ()


def test_one_who_may_not_look_at_the_role_is_simulated_as_a_role_without_a_path(aws: StubbedTarget) -> None:
    with_stack(aws, "CREATE_COMPLETE")
    with_concurrency(aws, 1000)
    aws.refuse("iam", "get_role", "AccessDenied")
    with_simulation(aws)
    assert checked(aws).findings == ()


def test_roles_are_simulated_with_the_boundary_that_the_stack_has(aws: StubbedTarget) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/bounds"
    with_stack(aws, "CREATE_COMPLETE", PermissionsBoundary=boundary)
    with_concurrency(aws, 1000)
    with_permissions(aws, boundary=boundary)
    assert checked(aws).findings == ()


def test_what_may_not_be_asked_is_said_and_the_rest_is_checked_all_the_same(aws: StubbedTarget) -> None:
    with_stack(aws, "CREATE_COMPLETE")
    aws.refuse("lambda", "get_account_settings", "AccessDeniedException", "not authorized.")
    with_permissions(aws, "iam:PassRole")
    found = checked(aws)
    assert [finding.message for finding in found.findings] == [
        "Something was not checked, because GetAccountSettings was refused: not authorized.",
        f"{ROLE} seems not to be allowed iam:PassRole: have these added.",
    ]
    assert found.passed


def test_the_root_user_is_advised_against() -> None:
    aws = StubbedTarget()
    root = {"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}
    aws.answer("sts", "get_caller_identity", root)
    with_stack(aws, "CREATE_COMPLETE")
    with_concurrency(aws, 1000)
    found = checked(aws)
    assert found.passed
    assert "root user" in found.findings[0].message


def test_the_queues_of_the_project_take_eight_invocations_at_once() -> None:
    assert count_concurrency(Template.load()) == 8
