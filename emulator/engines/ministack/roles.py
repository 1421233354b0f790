"""Functions' roles as MiniStack's IAM has them: their policies, and what in these allows an action."""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

CACHED: Final = 4_096
"""Policies that stay parsed, and calls whose allowances stay known."""


@dataclass(frozen=True)
class Caller:
    """A function that calls AWS, and the ARN of its role."""

    function: str
    role: str

    @property
    def account(self) -> str:
        """The account of its role; empty if the role is no ARN."""
        return _part(self.role, 4)

    @property
    def role_name(self) -> str:
        """The role's name, without its path."""
        return self.role.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The ARN that it calls by: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html."""
        return f"arn:{_part(self.role, 1)}:sts::{self.account}:assumed-role/{self.role_name}/{self.function}"


class Allowance(NamedTuple):
    """An action on a resource, both perhaps with wildcards, that a policy allows."""

    policy: str
    action: str
    resource: str


class Roles:
    """Reads roles and their policies; a policy is parsed once."""

    def __init__(self, evaluator: Any, iam: Any) -> None:
        self._evaluator = evaluator
        self._iam = iam
        self._parsed = functools.lru_cache(CACHED)(evaluator.parse_policy_document)
        self._allowing = functools.lru_cache(CACHED)(self._find_allowing)

    def knows(self, caller: Caller) -> bool:
        """Return whether a function's role is in IAM."""
        return self._role(caller) is not None

    def statements(self, caller: Caller) -> list[list[Any]]:
        """Return the statements of each policy of a function's role, as the evaluator reads them."""
        return [self._parsed(text) for _, text in self._policies(caller)]

    def limits(self, caller: Caller) -> list[Any]:
        """Return the boundary of a function's role, as the evaluator reads it."""
        found: list[Any] = self._evaluator._permissions_boundary(self._iam._roles, caller.role_name, caller.account)
        return found

    def allowances(self, caller: Caller) -> Iterator[Allowance]:
        """Yield all that the policies of a function's role allow."""
        for name, text in self._policies(caller):
            for statement in self._parsed(text):
                yield from _allowances(name, statement)

    def allowing(self, caller: Caller, action: str, resource: str) -> list[Allowance]:
        """Return what of it an action on a resource falls under."""
        return self._allowing(self._policies(caller), action, resource)

    def _find_allowing(self, policies: tuple[tuple[str, str], ...], action: str, resource: str) -> list[Allowance]:
        acts, concerns = self._evaluator._action_matches, self._evaluator._resource_matches
        return [
            allowance
            for name, text in policies
            for statement in self._parsed(text)
            if acts(action, statement.actions, statement.not_actions)
            and concerns(resource, statement.resources, statement.not_resources)
            for allowance in _allowances(name, statement)
            if acts(action, [allowance.action], []) and concerns(resource, [allowance.resource], [])
        ]

    def _role(self, caller: Caller) -> Mapping[str, Any] | None:
        role: Mapping[str, Any] | None = self._iam._roles.get_scoped(caller.account, None, caller.role_name)
        return role

    def _policies(self, caller: Caller) -> tuple[tuple[str, str], ...]:
        """Return the names and the JSON of a role's policies."""
        role = self._role(caller) or {}
        managed = {
            arn.rpartition("/")[2]: self._evaluator._resolve_managed_policy_document(arn, caller.account)
            for arn in role.get("AttachedPolicies", ())
        }
        documents = {**(role.get("InlinePolicies") or {}), **managed}
        return tuple(
            (name, document if isinstance(document, str) else json.dumps(document))
            for name, document in documents.items()
            if document
        )


def _allowances(policy: str, statement: Any) -> Iterator[Allowance]:
    """Yield what a statement allows; one that says what it leaves out is told as a wildcard."""
    if statement.effect == "Allow":
        for action in statement.actions or ["*"]:
            for resource in statement.resources or ["*"]:
                yield Allowance(policy, action, resource)


def _part(arn: str, number: int) -> str:
    parts = arn.split(":")
    return parts[number] if number < len(parts) else ""
