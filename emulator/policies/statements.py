"""Parses policy documents into statements.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Effect = Literal["Allow", "Deny"]
WITH_VARIABLES: Final = "2012-10-17"
"""The language version with variables; a document without a version has the earlier one."""


@dataclass(frozen=True)
class Statement:
    """A statement with its policy's name and its number in it; principals are as in the document."""

    effect: Effect
    actions: Sequence[str] = ()
    not_actions: Sequence[str] = ()
    resources: Sequence[str] = ()
    not_resources: Sequence[str] = ()
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    principal: Any = None
    not_principal: Any = None
    has_variables: bool = True
    sid: str = ""
    number: int = 1
    policy: str = ""

    @property
    def name(self) -> str:
        """A name by which a person finds it: its Sid or number, and its policy."""
        return f"statement {self.sid or self.number} of {self.policy}"


def parse_policy(document: object, policy: str = "") -> list[Statement]:
    """Return the statements of a document, which is JSON or already parsed; `policy` is its name."""
    parsed = _load(document)
    statements = parsed.get("Statement", [])
    versioned = parsed.get("Version") == WITH_VARIABLES
    return [
        _read_statement(statement, number, policy, has_variables=versioned)
        for number, statement in enumerate(statements if isinstance(statements, list) else [statements], 1)
        if isinstance(statement, dict) and statement.get("Effect") in ("Allow", "Deny")
    ]


def _load(document: object) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return {}
    return document if isinstance(document, dict) else {}


def _read_statement(statement: Mapping[str, Any], number: int, policy: str, *, has_variables: bool) -> Statement:
    return Statement(
        effect=statement["Effect"],
        actions=as_list(statement.get("Action")),
        not_actions=as_list(statement.get("NotAction")),
        resources=as_list(statement.get("Resource")),
        not_resources=as_list(statement.get("NotResource")),
        conditions=statement.get("Condition") or {},
        principal=statement.get("Principal"),
        not_principal=statement.get("NotPrincipal"),
        has_variables=has_variables,
        sid=str(statement.get("Sid") or ""),
        number=number,
        policy=policy,
    )


def as_list(value: object) -> list[str]:
    """Return one or several values as a list of texts; true and false are spelled as in policies."""
    return list(_list_texts(value))


def _list_texts(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        yield str(item).lower() if isinstance(item, bool) else str(item)
