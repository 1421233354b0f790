"""Functions' roles in MiniStack's IAM: their policies, and the statements that allow an action."""

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from agenticai.emulator.policies.applying import Call, applies, is_action, is_resource
from agenticai.emulator.policies.statements import Statement, parse_policy

CACHED: Final = 4_096
"""Number of parsed policies in the cache."""


@dataclass(frozen=True)
class Caller:
    """A function that calls AWS, and the ARN of its role."""

    function: str
    role: str

    @property
    def account(self) -> str:
        """The account of its role; empty if the role is not an ARN."""
        return _get_part(self.role, 4)

    @property
    def role_name(self) -> str:
        """The role's name, without its path."""
        return self.role.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The ARN of the caller: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html."""
        return f"arn:{_get_part(self.role, 1)}:sts::{self.account}:assumed-role/{self.role_name}/{self.function}"


class Allowance(NamedTuple):
    """An action on a resource that a policy allows; both may have wildcards."""

    policy: str
    action: str
    resource: str


class Roles:
    """Reads roles and their policies; a policy is parsed once."""

    def __init__(self, evaluator: Any, iam: Any) -> None:
        self._evaluator = evaluator
        self._iam = iam
        self._parse = functools.lru_cache(CACHED)(parse_policy)

    def knows(self, caller: Caller) -> bool:
        """Return whether a function's role is in IAM."""
        return self._find_role(caller) is not None

    def list_statements(self, caller: Caller) -> list[Sequence[Statement]]:
        """Return the statements of each policy of a function's role."""
        return [self._parse(text, f"the policy {name}") for name, text in self._list_policies(caller)]

    def list_limits(self, caller: Caller) -> list[list[Sequence[Statement]]]:
        """Return the permissions boundary of a function's role, if it has one."""
        arn = (self._find_role(caller) or {}).get("PermissionsBoundary")
        if not arn:
            return []
        text = _format_document(self._evaluator._resolve_managed_policy_document(arn, caller.account) or {})
        return [[self._parse(text, f"the permissions boundary {arn.rpartition('/')[2]}")]]

    def build_condition_keys(self, caller: Caller) -> dict[str, str]:
        """Return the condition keys that identify a function, including its role's tags.

        See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
        https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html.
        """
        role = self._find_role(caller) or {}
        tags = {f"aws:principaltag/{tag['Key'].lower()}": tag["Value"] for tag in role.get("Tags") or ()}
        return {
            **tags,
            "aws:principalarn": caller.role,
            "aws:userid": f"{role.get('RoleId', '')}:{caller.function}",
            "aws:principalisawsservice": "false",
            "aws:viaawsservice": "false",
            "aws:multifactorauthpresent": "false",
        }

    def list_allowances(self, caller: Caller) -> Iterator[Allowance]:
        """Yield all allowances in the policies of a function's role."""
        for name, statement in self._list_named_statements(caller):
            yield from _split_statement(name, statement)

    def find_allowances(self, caller: Caller, call: Call) -> Iterator[Allowance]:
        """Yield the allowances that cover a call, conditions included."""
        for name, statement in self._list_named_statements(caller):
            if statement.effect == "Allow" and applies(statement, call):
                for allowance in _split_statement(name, statement):
                    lookup = call.lookup if statement.has_variables else None
                    if is_action(call.action, [allowance.action]) and is_resource(
                        call.resource, allowance.resource, lookup
                    ):
                        yield allowance

    def _list_named_statements(self, caller: Caller) -> Iterator[tuple[str, Statement]]:
        for name, text in self._list_policies(caller):
            for statement in self._parse(text, f"the policy {name}"):
                yield name, statement

    def _find_role(self, caller: Caller) -> Mapping[str, Any] | None:
        role: Mapping[str, Any] | None = self._iam._roles.get_scoped(caller.account, None, caller.role_name)
        return role

    def _list_policies(self, caller: Caller) -> tuple[tuple[str, str], ...]:
        """Return the names and the JSON of a role's policies."""
        role = self._find_role(caller) or {}
        managed = {
            arn.rpartition("/")[2]: self._evaluator._resolve_managed_policy_document(arn, caller.account)
            for arn in role.get("AttachedPolicies", ())
        }
        documents = {**(role.get("InlinePolicies") or {}), **managed}
        return tuple((name, _format_document(document)) for name, document in documents.items() if document)


def _format_document(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _split_statement(policy: str, statement: Statement) -> Iterator[Allowance]:
    """Yield what a statement allows; NotAction and NotResource are shown as a wildcard."""
    if statement.effect == "Allow":
        for action in statement.actions or ["*"]:
            for resource in statement.resources or ["*"]:
                yield Allowance(policy, action, resource)


def _get_part(arn: str, number: int) -> str:
    parts = arn.split(":")
    return parts[number] if number < len(parts) else ""
