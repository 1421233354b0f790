"""The events of a stack: each once, in order, as they happen, and the one that explains a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

    from agenticai.stack.waiting import Pause, Polling

STACK_TYPE = "AWS::CloudFormation::Stack"

# CloudFormation's reasons for resources that were cancelled because another failed.
_CANCELLED = "cancelled"


@dataclass(frozen=True)
class StackEvent:
    """One change of one resource, or of the stack itself (`is_stack`).

    `operation` is the id of the operation on the stack, such as an update; emulators have none.
    """

    id: str
    time: datetime
    logical_id: str
    resource_type: str
    status: str
    reason: str
    is_stack: bool
    operation: str = ""

    @property
    def in_progress(self) -> bool:
        return self.status.endswith("_IN_PROGRESS")

    @property
    def failed(self) -> bool:
        return self.status.endswith("_FAILED")


class EventStream:
    """The events of a stack from now on; `read` returns each exactly once, oldest first."""

    def __init__(self, cloudformation: CloudFormationClient, stack_id: str) -> None:
        self._cloudformation = cloudformation
        self._stack_id = stack_id
        self._seen: set[str] = set()
        self.read()

    def read(self) -> list[StackEvent]:
        """Return the events since the last call."""
        new_events: dict[str, StackEvent] = {}
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self._stack_id)
        for page in pages:  # newest first
            known = False
            for event in page["StackEvents"]:
                known = known or event["EventId"] in self._seen
                if event["EventId"] not in self._seen:
                    new_events.setdefault(event["EventId"], _parse_event(event))
            if known:
                break
        self._seen.update(new_events)
        return list(reversed(new_events.values()))


def follow(
    cloudformation: CloudFormationClient,
    stream: EventStream,
    stack_id: str,
    on_event: Callable[[StackEvent], object],
    polling: Polling,
    pause: Pause,
) -> tuple[str, tuple[StackEvent, ...]]:
    """Report events until the operation on the stack has ended; return its last status and all the events.

    Raises TimeoutError if that takes longer than `polling` allows.
    """
    events: list[StackEvent] = []

    def report() -> None:
        for event in stream.read():
            events.append(event)
            on_event(event)

    for _ in polling.attempts(pause):
        report()
        # Wait for an event of the stack and its status: right after the execution of the change set, the status may
        # still be the previous operation's; and after a failed creation's event, a rollback follows.
        stack_events = [event for event in events if event.is_stack]
        if stack_events and not stack_events[-1].in_progress:
            status = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                break
    report()
    return status, tuple(events)


def find_first_failure(events: Iterable[StackEvent]) -> StackEvent | None:
    """Return the failure that caused the others: the first of a resource that was not just cancelled."""
    failures = [event for event in events if event.failed and _CANCELLED not in event.reason.lower()]
    return next((event for event in failures if not event.is_stack), failures[0] if failures else None)


def _parse_event(event: StackEventTypeDef) -> StackEvent:
    return StackEvent(
        id=event["EventId"],
        time=event["Timestamp"],
        logical_id=event.get("LogicalResourceId", ""),
        resource_type=event.get("ResourceType", ""),
        status=event.get("ResourceStatus", ""),
        reason=event.get("ResourceStatusReason", ""),
        is_stack=event.get("ResourceType") == STACK_TYPE and event.get("PhysicalResourceId") == event["StackId"],
        operation=event.get("OperationId", ""),
    )
