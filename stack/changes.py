"""The changes to a stack and its resources, and the faults in them, as CloudFormation reports them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, OperationEventTypeDef, ResourceChangeTypeDef

_KEEPING: Final = frozenset({"Retain", "ReplaceAndRetain", "Snapshot", "ReplaceAndSnapshot"})

_FAULTS: Final = frozenset({"VALIDATION_ERROR", "PROVISIONING_ERROR", "HOOK_INVOCATION_ERROR"})

_UNKNOWN: Final = datetime.max.replace(tzinfo=UTC)

_NEVER: Final = "Never"
"""The value for a property that can be changed without replacing its resource."""


@dataclass(frozen=True)
class Change:
    """The change of one resource.

    `action` is Add, Modify or Remove; `replacement` is True, False or Conditional, and empty unless it is Modify.
    `causes` are the properties that cause its replacement. `keeps` tells whether the old resource and its content are
    retained when it is replaced or removed.
    """

    action: str
    logical_id: str
    resource_type: str
    replacement: str
    causes: tuple[str, ...] = ()
    keeps: bool = False


@dataclass(frozen=True)
class ChangeSet:
    """All changes of a deployment; none if `changes` is empty.

    `kept` are the omitted parameters and the values that they keep, if these differ from the defaults.
    """

    arn: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...]
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """A fault in one resource of a template."""

    logical_id: str
    resource_type: str
    reason: str


def read_change(change: ChangeTypeDef) -> Change:
    """Return a change as read from CloudFormation's answer."""
    resource = change["ResourceChange"]
    return Change(
        action=resource["Action"],
        logical_id=resource["LogicalResourceId"],
        resource_type=resource["ResourceType"],
        replacement=resource.get("Replacement", ""),
        causes=tuple(dict.fromkeys(_list_causes(resource))),
        keeps=resource.get("PolicyAction", "") in _KEEPING,
    )


def _list_causes(resource: ResourceChangeTypeDef) -> Iterator[str]:
    for detail in resource.get("Details", []):
        target = detail.get("Target", {})
        if target.get("RequiresRecreation", _NEVER) != _NEVER:
            yield target.get("Name") or target.get("Attribute", "")


def list_faults(cloudformation: CloudFormationClient, **operation: Any) -> Sequence[Fault]:
    """Return the faults of an operation, which a change set's ARN or its own id identifies, the earliest first.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
    """
    try:
        pages = cloudformation.get_paginator("describe_events").paginate(**operation, Filters={"FailedEvents": True})
        events = [event for page in pages for event in page.get("OperationEvents", [])]
    except ClientError:  # an emulator without this operation, or a deployer without permission
        return ()
    events.sort(key=lambda event: event.get("Timestamp", _UNKNOWN))
    return tuple(read_fault(event) for event in events if event.get("EventType") in _FAULTS)


def read_fault(event: OperationEventTypeDef) -> Fault:
    """Return the fault in an event."""
    reasons = ("ValidationStatusReason", "HookStatusReason", "ResourceStatusReason")
    reason = next((str(event[name]) for name in reasons if event.get(name)), "no reason was given")  # type: ignore[literal-required]
    path = event.get("ValidationPath", "")
    return Fault(
        event.get("LogicalResourceId", ""), event.get("ResourceType", ""), f"{reason} ({path})" if path else reason
    )
