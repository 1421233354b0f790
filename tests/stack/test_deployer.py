"""The role for deployments: it may do what a deployment needs, only on resources with the stack's name."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from agenticai.stack.simulation import DEPLOYER_ACTIONS
from agenticai.stack.template import TEMPLATE, Template

DEPLOYER = TEMPLATE.with_name("deployer.yaml")
MAXIMUM_POLICY = 6_144
"""Characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
LONGEST = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1", "AWS::AccountId": "1" * 12}
"""The longest values that the template's texts may contain."""
POLICIES = ("Deployment", "Additions", "Boundary")
UNBOUNDED = {"Looks", "Mappings"}
"""Statements for all resources, each with a reason in the template."""


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    resources = Template.load(DEPLOYER).document["Resources"]
    policies = [resources[one["Ref"]]["Properties"] for one in resources["Deployer"]["Properties"]["ManagedPolicyArns"]]
    parts = [part for policy in policies for part in policy["PolicyDocument"]["Statement"]]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in parts]


def spell_out(node: Any) -> Any:
    """Return part of a policy as IAM gets it, with everything that conditions can add, at its maximum length."""
    match node:
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: LONGEST[found[1]], text)
        case {"Fn::If": [_, more, _]}:
            return spell_out(more)
        case {"Ref": _}:
            return "arn:aws-us-gov:iam::111111111111:policy/deployer-of-agenticai-boundary-ap-southeast-1"
        case dict():
            return {name: spell_out(member) for name, member in node.items()}
        case list():
            return [spell_out(member) for member in node]
    return node


@pytest.mark.parametrize("name", POLICIES)
def test_its_policies_are_as_short_as_iam_wants_them(name: str) -> None:
    policy = Template.load(DEPLOYER).document["Resources"][name]["Properties"]["PolicyDocument"]
    assert len(json.dumps(spell_out(policy), separators=(",", ":"))) <= MAXIMUM_POLICY


def test_its_names_are_those_of_no_stage() -> None:
    resources = Template.load(DEPLOYER).document["Resources"]
    names = [resources[one]["Properties"]["RoleName"] for one in ("Deployer", "Previewer")]
    names += [resources[one]["Properties"]["ManagedPolicyName"] for one in POLICIES]
    assert not any(spell_out(name).startswith("agenticai-") for name in names)


def test_the_boundary_lets_every_role_of_a_stage_do_its_work() -> None:
    resources = Template.load(TEMPLATE).document["Resources"].values()
    bounds = Template.load(DEPLOYER).document["Resources"]["Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    within = [action for one in bounds for action in listed(one["Fn::If"][1] if "Fn::If" in one else one)]
    documents = [one["Properties"] for one in resources if one["Type"] == "AWS::IAM::ManagedPolicy"]
    documents += [
        policy
        for one in resources
        if one["Type"] == "AWS::IAM::Role"
        for policy in one["Properties"].get("Policies", [])
    ]
    done = {action for one in documents for part in one["PolicyDocument"]["Statement"] for action in listed(part)}
    assert len(done) > 20
    assert not {action for action in done if not any(fnmatchcase(action, pattern) for pattern in within)}


def listed(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


def test_what_roles_may_do_is_bounded_where_that_is_wanted(statements: list[dict[str, Any]]) -> None:
    bounded = next(one for one in statements if one["Sid"] == "WhatRolesMayDo")
    [_, condition, _] = bounded["Condition"]["Fn::If"]
    assert condition == {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}}
    others = [action for one in statements if one is not bounded and one["Effect"] == "Allow" for action in listed(one)]
    for action in ("CreateRole", "AttachRolePolicy", "PutRolePolicy", "DeleteRolePermissionsBoundary"):
        assert not any(fnmatchcase(f"iam:{action}", pattern) for pattern in others)


def allowed(statements: list[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        if statement["Effect"] == "Allow":
            yield from listed(statement)


@pytest.mark.parametrize("action", sorted(action for actions in DEPLOYER_ACTIONS.values() for action in actions))
def test_it_may_do_what_a_deployment_does(statements: list[dict[str, Any]], action: str) -> None:
    assert any(fnmatchcase(action, pattern) for pattern in allowed(statements))


def test_only_what_takes_no_resource_is_for_all(statements: list[dict[str, Any]]) -> None:
    assert {one["Sid"] for one in statements if one["Resource"] == "*"} == UNBOUNDED


def test_roles_are_passed_to_three_services_alone_and_its_own_is_out_of_reach(statements: list[dict[str, Any]]) -> None:
    named = {one["Sid"]: one for one in statements}
    services = ["lambda.amazonaws.com", "codedeploy.amazonaws.com", "scheduler.amazonaws.com"]
    assert named["RolesAreForFunctions"]["Condition"] == {"StringEquals": {"iam:PassedToService": services}}
    denied = named["NotItself"]
    assert denied["Effect"] == "Deny"
    assert all("/deployer-of-agenticai-" in one["Fn::Sub"] for one in denied["Resource"])


WRITES = {
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DetectStackDrift",
    "cloudformation:DetectStackResourceDrift",
    "cloudformation:TagResource",
    "s3:PutObject",
}
"""What the role for pull requests may do beside reading."""


def test_the_role_for_pull_requests_changes_nothing_and_reads_no_contents() -> None:
    role = Template.load(DEPLOYER).document["Resources"]["Previewer"]["Properties"]
    (policy,) = role["Policies"]
    statements = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}
    actions = {action for one in statements.values() for action in listed(one)}
    looking = re.compile(r"\w+:(?:Describe|Get|GET|List|View)")
    assert {action for action in actions if not looking.match(action)} == WRITES
    contents = ("dynamodb:GetItem", "dynamodb:Query", "sqs:ReceiveMessage", "ssm:GetParameter", "logs:GetLogEvents")
    assert not [one for one in contents if any(fnmatchcase(one, pattern) for pattern in actions)]
    assert spell_out(statements["Templates"]["Resource"]).endswith("-an/previews/*")
    others = [one for sid, one in statements.items() if sid != "Templates"]
    assert not [one for one in others if any(fnmatchcase("s3:GetObject", pattern) for pattern in listed(one))]


READS = {
    "AWS::ApiGateway": "apigateway:GET",
    "AWS::Budgets": "budgets:ViewBudget",
    "AWS::CloudWatch": "cloudwatch:DescribeAlarms",
    "AWS::CodeDeploy": "codedeploy:Get*",
    "AWS::DynamoDB": "dynamodb:Describe*",
    "AWS::IAM": "iam:Get*",
    "AWS::Lambda": "lambda:GetFunction*",
    "AWS::Logs": "logs:DescribeLogGroups",
    "AWS::S3": "s3:GetBucket*",
    "AWS::SNS": "sns:GetTopicAttributes",
    "AWS::SQS": "sqs:GetQueueAttributes",
    "AWS::Scheduler": "scheduler:GetSchedule",
    "AWS::Serverless": "lambda:GetFunction*",
    "AWS::WAFv2": "wafv2:GetWebACL",
}
"""What CloudFormation must be able to read of each service's resources to detect drift."""


def test_the_role_for_pull_requests_can_see_the_drift_of_every_resource() -> None:
    policies = Template.load(DEPLOYER).document["Resources"]["Previewer"]["Properties"]["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    given = {
        action
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    services = {each["Type"].rpartition("::")[0] for each in Template.load(TEMPLATE).document["Resources"].values()}
    assert {service: READS.get(service) for service in services if READS.get(service) not in given} == {}


def test_workflows_take_the_role_that_is_meant_for_them() -> None:
    resources = Template.load(DEPLOYER).document["Resources"]

    def trusted(name: str) -> list[str]:
        (statement, *_) = resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"][::-1]
        statement = statement["Fn::If"][1] if "Fn::If" in statement else statement
        subjects = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
        texts = [one["Fn::If"][1] if "Fn::If" in one else one for one in subjects]
        return [text["Fn::Sub"].partition(":")[2].partition(":")[2] for text in texts]

    assert trusted("Deployer") == ["environment:${GitHubEnvironment}", "environment:${GitHubTestEnvironment}"]
    assert trusted("Previewer") == ["pull_request", "ref:refs/heads/main"]


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    checked = subprocess.run([linter, DEPLOYER], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
