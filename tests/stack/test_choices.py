"""The additions that the template's parameters select, such as a canary, a budget and a key; none by default."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from agenticai.stack.template import TEMPLATE, Template
from tests.stack.transformed import Resource, of, transform_template

KEY: Final = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BOUNDARY: Final = "arn:aws:iam::111122223333:policy/deployer-of-agenticai-boundary-eu-central-1"
EVERYTHING: Final = {
    "ApiCanary": "true",
    "ApiFirewall": "true",
    "MonthlyBudgetUsd": "5",
    "BudgetEmail": "owner@example.com",
    "PollFrom": "cron(0 8 ? * MON-FRI *)",
    "PollUntil": "cron(0 18 ? * MON-FRI *)",
    "KmsKeyArn": KEY,
    "PermissionsBoundary": BOUNDARY,
}

OPTIONAL: Final = ("AWS::Budgets", "AWS::CodeDeploy", "AWS::KMS", "AWS::Scheduler", "AWS::WAFv2")

LEFT_TO_SAM: Final = "W1020"
"""A Fn::Sub without variables, which SAM writes."""


@pytest.fixture(scope="module")
def source() -> Template:
    return Template.load(TEMPLATE)


@pytest.fixture(scope="module")
def plain(source: Template) -> dict[str, Any]:
    return transform_template(source, {})


@pytest.fixture(scope="module")
def chosen(source: Template) -> dict[str, Any]:
    return transform_template(source, EVERYTHING)


def holds(document: dict[str, Any], name: str, parameters: dict[str, str]) -> bool:
    """Return whether a condition is true with these parameters."""
    return evaluate(document, document["Conditions"][name], parameters)


def evaluate(document: dict[str, Any], node: Any, parameters: dict[str, str]) -> bool:
    """Return whether an expression is true; it compares a parameter, the partition or a list with text."""
    given = {key: str(value.get("Default")) for key, value in document["Parameters"].items()}
    given |= {"AWS::Partition": "aws", **parameters}
    [(function, operands)] = node.items()
    match function:
        case "Fn::Not":
            return not evaluate(document, operands[0], parameters)
        case "Fn::And":
            return all(evaluate(document, each, parameters) for each in operands)
        case "Fn::Or":
            return any(evaluate(document, each, parameters) for each in operands)
    assert function == "Fn::Equals"
    left, right = operands
    list_of_them = left.get("Fn::Join", ["", left])[1]
    return given[list_of_them["Ref"]] == str(right)


def made(document: dict[str, Any], parameters: dict[str, str]) -> dict[str, Resource]:
    """Return the resources of a stack with these parameters, with the values that their conditions select."""

    def choose(node: Any) -> Any:
        if isinstance(node, dict):
            if list(node) == ["Fn::If"]:
                condition, yes, no = node["Fn::If"]
                return choose(yes if holds(document, condition, parameters) else no)
            chosen = {name: choose(member) for name, member in node.items()}
            return {name: member for name, member in chosen.items() if member != {"Ref": "AWS::NoValue"}}
        if isinstance(node, list):
            return [member for member in map(choose, node) if member != {"Ref": "AWS::NoValue"}]
        return node

    return {
        name: choose(resource)
        for name, resource in document["Resources"].items()
        if "Condition" not in resource or holds(document, resource["Condition"], parameters)
    }


@pytest.mark.parametrize("parameters", [{}, EVERYTHING], ids=["nothing", "everything"])
def test_cfn_lint_finds_nothing_in_what_sam_makes(source: Template, tmp_path: Path, parameters: dict[str, str]) -> None:
    transformed = tmp_path / "template.json"
    transformed.write_text(json.dumps(transform_template(source, parameters)), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", LEFT_TO_SAM, "--", str(transformed)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_by_default_there_is_nothing_of_them(plain: dict[str, Any]) -> None:
    kinds = {resource["Type"] for resource in made(plain, {}).values()}
    assert not {kind for kind in kinds if kind.startswith(OPTIONAL)}
    text = json.dumps(made(plain, {}))
    assert "KmsKeyArn" not in text
    assert "PermissionsBoundary" not in text


def test_codedeploy_shifts_the_requests_of_the_api_alone_and_back_when_it_fails(chosen: dict[str, Any]) -> None:
    resources = made(chosen, EVERYTHING)
    shifted = {name for name, resource in resources.items() if "UpdatePolicy" in resource}
    assert shifted == {"ApiFunctionAliaslive"}
    [group] = of(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "Canary10Percent5Minutes"}
    assert group["AlarmConfiguration"] == {"Enabled": True, "Alarms": [{"Name": {"Ref": "ApiFailureAlarm"}}]}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    role = group["ServiceRoleArn"]
    assert role == {"Fn::GetAtt": ["CanaryRole", "Arn"]}
    assert resources["CanaryRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "codedeploy.amazonaws.com"
    }
    watched = resources["ApiFailureAlarm"]["Properties"]
    assert watched["Dimensions"][0]["Value"] == resources["Api"]["Properties"]["Name"]


def test_the_firewall_stands_before_the_stage_of_the_api(chosen: dict[str, Any]) -> None:
    resources = made(chosen, EVERYTHING)
    [association] = of(resources, "AWS::WAFv2::WebACLAssociation").values()
    [stage] = of(resources, "AWS::ApiGateway::Stage")
    assert association["ResourceArn"]["Fn::Sub"].endswith("::/restapis/${Api}/stages/${" + stage + "}")
    [firewall] = of(resources, "AWS::WAFv2::WebACL").values()
    assert len({rule["Priority"] for rule in firewall["Rules"]}) == len(firewall["Rules"]) == 3
    visible = [firewall["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in firewall["Rules"])]
    assert len({each["MetricName"] for each in visible}) == len(visible)
    assert not any(each["SampledRequestsEnabled"] for each in visible)


def test_your_key_encrypts_all_that_is_kept_and_each_function_may_use_it(chosen: dict[str, Any]) -> None:
    resources, key = made(chosen, EVERYTHING), {"Ref": "KmsKeyArn"}
    [table] = of(resources, "AWS::DynamoDB::Table").values()
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    [bucket] = of(resources, "AWS::S3::Bucket").values()
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    for queue in of(resources, "AWS::SQS::Queue").values():
        assert queue["KmsMasterKeyId"] == key
        assert "SqsManagedSseEnabled" not in queue  # SQS accepts only one of the two
    for group in of(resources, "AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == key
    roles = {function["Role"]["Fn::GetAtt"][0] for function in of(resources, "AWS::Lambda::Function").values()}
    roles -= {"RunnerRole", "NodeRunnerRole"}  # they read no stored data
    assert all({"Ref": "KeyPolicy"} in resources[role]["Properties"]["ManagedPolicyArns"] for role in roles)


def test_without_a_key_aws_encrypts_all_that_is_kept(plain: dict[str, Any]) -> None:
    resources = made(plain, {})
    [table] = of(resources, "AWS::DynamoDB::Table").values()
    assert table["SSESpecification"] == {"SSEEnabled": True}
    [bucket] = of(resources, "AWS::S3::Bucket").values()
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert all(queue["SqsManagedSseEnabled"] for queue in of(resources, "AWS::SQS::Queue").values())


def test_the_boundary_bounds_every_role(chosen: dict[str, Any]) -> None:
    roles = of(made(chosen, EVERYTHING), "AWS::IAM::Role")
    assert len(roles) == 9
    assert all(role["PermissionsBoundary"] == {"Ref": "PermissionsBoundary"} for role in roles.values())


def test_each_agent_may_have_a_model_of_its_own(plain: dict[str, Any]) -> None:
    functions = of(plain["Resources"], "AWS::Lambda::Function")
    for agent in ("Pm", "Dev"):
        asked = functions[f"{agent}Function"]["Environment"]["Variables"]["GEMINI_MODEL"]
        assert asked == {"Fn::If": [f"Has{agent}Model", {"Ref": f"{agent}Model"}, {"Ref": "GeminiModel"}]}
        assert not holds(plain, f"Has{agent}Model", {})
        assert holds(plain, f"Has{agent}Model", {f"{agent}Model": "larger"})
