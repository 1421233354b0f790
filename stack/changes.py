"""What would happen to a stack and to its resources, and what is wrong with them, as CloudFormation tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, OperationEventTypeDef, ResourceChangeTypeDef

_KEEPING: Final = frozenset({"Retain", "ReplaceAndRetain", "Snapshot", "ReplaceAndSnapshot"})

_NEVER: Final = "Never"
"""Of a property that is changed without another resource in the place of this one."""


@dataclass(frozen=True)
class Change:
    """What would happen to one resource.

    `action` is Add, Modify or Remove; `replacement` is True, False or Conditional, and empty unless it is Modify.
    `causes` are the properties that have it replaced. `keeps` says that the old resource stays when it is replaced or
    removed, with all that is in it.
    """

    action: str
    logical_id: str
    resource_type: str
    replacement: str
    causes: tuple[str, ...] = ()
    keeps: bool = False


@dataclass(frozen=True)
class ChangeSet:
    """All that a deployment would change; nothing where `changes` is empty."""

    arn: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one resource of a template."""

    logical_id: str
    resource_type: str
    reason: str


def read_change(change: ChangeTypeDef) -> Change:
    """Return a change as CloudFormation tells it."""
    resource = change["ResourceChange"]
    return Change(
        action=resource["Action"],
        logical_id=resource["LogicalResourceId"],
        resource_type=resource["ResourceType"],
        replacement=resource.get("Replacement", ""),
        causes=tuple(dict.fromkeys(_causes(resource))),
        keeps=resource.get("PolicyAction", "") in _KEEPING,
    )


def _causes(resource: ResourceChangeTypeDef) -> Iterator[str]:
    for detail in resource.get("Details", []):
        target = detail.get("Target", {})
        if target.get("RequiresRecreation", _NEVER) != _NEVER:
            yield target.get("Name") or target.get("Attribute", "")


def read_fault(event: OperationEventTypeDef) -> Fault:
    """Return what an event says is wrong."""
    reasons = ("ValidationStatusReason", "HookStatusReason", "ResourceStatusReason")
    reason = next((str(event[name]) for name in reasons if event.get(name)), "no reason was given")  # type: ignore[literal-required]
    path = event.get("ValidationPath", "")
    return Fault(
        event.get("LogicalResourceId", ""), event.get("ResourceType", ""), f"{reason} ({path})" if path else reason
    )
