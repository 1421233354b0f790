"""The role for deployments: it may do what a deployment does, on resources of the stack's name alone."""

import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from agenticai.stack.preflight import DEPLOYER_ACTIONS
from agenticai.stack.template import TEMPLATE, Template

DEPLOYER = TEMPLATE.with_name("deployer.yaml")
UNBOUNDED = {"Looks", "Mappings"}
"""Statements for every resource, each with a reason beside it in the template."""


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    policy = Template.load(DEPLOYER).document["Resources"]["Deployment"]["Properties"]["PolicyDocument"]
    found: list[dict[str, Any]] = policy["Statement"]
    return found


def allowed(statements: list[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            yield from [actions] if isinstance(actions, str) else actions


@pytest.mark.parametrize("action", sorted(action for actions in DEPLOYER_ACTIONS.values() for action in actions))
def test_it_may_do_what_a_deployment_does(statements: list[dict[str, Any]], action: str) -> None:
    assert any(fnmatchcase(action, pattern) for pattern in allowed(statements))


def test_only_what_takes_no_resource_is_for_all(statements: list[dict[str, Any]]) -> None:
    assert {one["Sid"] for one in statements if one["Resource"] == "*"} == UNBOUNDED


def test_roles_are_passed_to_lambda_alone_and_its_own_is_out_of_reach(statements: list[dict[str, Any]]) -> None:
    named = {one["Sid"]: one for one in statements}
    assert named["RolesAreForLambda"]["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    denied = named["NotItself"]
    assert denied["Effect"] == "Deny"
    assert all("agenticai-deployer-" in one["Fn::Sub"] for one in denied["Resource"])


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    checked = subprocess.run([linter, DEPLOYER], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
