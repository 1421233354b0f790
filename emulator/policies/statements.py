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
    given = parsed.get("Statement", [])
    versioned = parsed.get("Version") == WITH_VARIABLES
    return [
        _read(statement, number, policy, has_variables=versioned)
        for number, statement in enumerate(given if isinstance(given, list) else [given], 1)
        if isinstance(statement, dict) and statement.get("Effect") in ("Allow", "Deny")
    ]


def _load(document: object) -> Mapping[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return {}
    return document if isinstance(document, dict) else {}


def _read(given: Mapping[str, Any], number: int, policy: str, *, has_variables: bool) -> Statement:
    return Statement(
        effect=given["Effect"],
        actions=as_list(given.get("Action")),
        not_actions=as_list(given.get("NotAction")),
        resources=as_list(given.get("Resource")),
        not_resources=as_list(given.get("NotResource")),
        conditions=given.get("Condition") or {},
        principal=given.get("Principal"),
        not_principal=given.get("NotPrincipal"),
        has_variables=has_variables,
        sid=str(given.get("Sid") or ""),
        number=number,
        policy=policy,
    )


def as_list(given: object) -> list[str]:
    """Return one or several values as a list of texts; true and false are spelled as in policies."""
    return list(_texts(given))


def _texts(given: object) -> Iterator[str]:
    for one in given if isinstance(given, list) else [] if given is None else [given]:
        yield str(one).lower() if isinstance(one, bool) else str(one)
