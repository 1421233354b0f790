"""Previews a deployment's changes with a CloudFormation change set, before anything is changed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from agenticai.stack.changes import Change, ChangeSet, list_faults, read_change
from agenticai.stack.errors import DeployError
from agenticai.stack.states import DeploymentAction, find_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType, ChangeSetTypeType
    from mypy_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        StackTypeDef,
    )

    from agenticai.stack.waiting import Pause, Polling

# The two messages with which CloudFormation reports that there is nothing to do.
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")

# CloudFormation's words for a template, or a parameter of it, that it does not accept.
_REFUSALS = frozenset({"ValidationError", "InsufficientCapabilities", "InsufficientCapabilitiesException"})

_ROLLED_BACK = "ROLLBACK_COMPLETE"
UP: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
"""The statuses of a stack that came up as it was asked for."""
_GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})

HIDDEN: Final = "****"
"""CloudFormation's placeholder for the value of a NoEcho parameter."""

ALL_CAPABILITIES: Final[Sequence[CapabilityType]] = (
    "CAPABILITY_IAM",
    "CAPABILITY_NAMED_IAM",
    "CAPABILITY_AUTO_EXPAND",
)
"""All capabilities: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html"""


@dataclass(frozen=True)
class TemplateText:
    """A template in a request: its text, or its address in S3."""

    body: str = ""
    url: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """The request's arguments for the template."""
        return {"TemplateBody": self.body} if self.body else {"TemplateURL": self.url}


@dataclass(frozen=True)
class ChangeSets:
    """The change sets of one stack."""

    cloudformation: CloudFormationClient
    stack: str
    polling: Polling
    pause: Pause

    def create(
        self,
        name: str,
        text: TemplateText,
        parameters: Mapping[str, str],
        capabilities: Sequence[CapabilityType] = ALL_CAPABILITIES,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> ChangeSet:
        """Create a change set for this template, and return its changes.

        A parameter that is HIDDEN keeps its value; `tags` are for the stack and all of its resources.
        A stack whose creation failed is deleted first. Raises DeployError if the template is refused, with the resource
        at fault if CloudFormation names one, or if the stack's state permits no deployment.
        """
        change_set_type = self._choose_type()
        try:
            answer = self.cloudformation.create_change_set(
                StackName=self.stack,
                ChangeSetName=name,
                ChangeSetType=change_set_type,
                Parameters=[_make_parameter(key, value) for key, value in parameters.items()],
                Capabilities=list(capabilities),
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
                **text.arguments,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _REFUSALS:
                raise
            raise DeployError(f"The template of {self.stack} was refused: {read_message(error)}") from error
        pending = ChangeSet(answer["Id"], answer["StackId"], change_set_type == "CREATE", ())
        try:
            change_set = replace(pending, changes=self._await_changes(answer["Id"]))
        except BaseException:
            self._forget(pending)
            raise
        if not change_set.changes:
            self.cloudformation.delete_change_set(ChangeSetName=change_set.arn)
        return change_set

    @contextmanager
    def discarding(self, change_set: ChangeSet) -> Iterator[None]:
        """Discard the change set if the block raises, including Ctrl-C at a question."""
        try:
            yield
        except BaseException:
            self.discard(change_set)
            raise

    def discard(self, change_set: ChangeSet) -> None:
        """Delete a change set, and the empty stack that was created for it unless that has another change set."""
        if change_set.changes:  # otherwise it is deleted already
            self._forget(change_set)

    def _forget(self, change_set: ChangeSet) -> None:
        self.cloudformation.delete_change_set(ChangeSetName=change_set.arn)
        if change_set.creates and not self.cloudformation.list_change_sets(StackName=change_set.stack_id)["Summaries"]:
            self.cloudformation.delete_stack(StackName=change_set.stack_id)

    def read_status(self) -> str | None:
        """Return the status of the stack; None if it does not exist."""
        stack = self._describe_stack()
        return stack["StackStatus"] if stack else None

    def read_parameters(self) -> Mapping[str, str]:
        """Return the values of the stack's parameters, HIDDEN for NoEcho ones; empty if there is no stack."""
        stack = self._describe_stack()
        parameters = stack.get("Parameters", []) if stack else []
        return {parameter["ParameterKey"]: parameter.get("ParameterValue", "") for parameter in parameters}

    def _describe_stack(self) -> StackTypeDef | None:
        try:
            return self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if not is_missing_stack(error):
                raise
            return None

    def _choose_type(self) -> ChangeSetTypeType:
        status = self.read_status()
        state = find_state(status)
        if state.action is DeploymentAction.REPLACE:
            self._check_is_empty(status)
            self.cloudformation.delete_stack(StackName=self.stack)
            state = find_state(self._await_deletion())
        if state.explanation:
            raise DeployError(f"{self.stack} is {status}: {state.explanation.format(stack=self.stack)}.")
        return "UPDATE" if state.action is DeploymentAction.UPDATE else "CREATE"

    def _check_is_empty(self, status: str | None) -> None:
        """Raise DeployError if a stack whose creation is reported as failed has resources, or was created once.

        A creation or its rollback may have failed halfway; and an emulator may report this status after an update.
        """
        has_resources = self._has_come_up() if status == _ROLLED_BACK else any(self._list_left())
        if has_resources:
            raise DeployError(
                f"{self.stack} is {status}, but holds resources: `agenticai destroy` deletes it, then deploy it again."
            )

    def _has_come_up(self) -> bool:
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.stack)
        return any(
            event.get("LogicalResourceId") == self.stack and event.get("ResourceStatus") in UP
            for page in pages
            for event in page["StackEvents"]
        )

    def _list_left(self) -> Iterator[str]:
        for page in self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceStatus"] not in _GONE:
                    yield resource["LogicalResourceId"]

    def _await_deletion(self) -> str | None:
        for _ in self.polling.attempts(self.pause):
            status = self.read_status()
            if status in {None, "DELETE_COMPLETE"}:
                return None
            if status == "DELETE_FAILED":
                raise DeployError(
                    f"{self.stack} never came up and cannot be deleted: delete what is left of it by hand."
                )
        return None

    def _await_changes(self, arn: str) -> tuple[Change, ...]:
        for _ in self.polling.attempts(self.pause):
            described = self.cloudformation.describe_change_set(ChangeSetName=arn)
            if described["Status"] == "CREATE_COMPLETE":
                break
            if described["Status"] == "FAILED":
                reason = described.get("StatusReason", "")
                if any(words in reason for words in _NO_CHANGES):
                    return ()
                raise self._make_refusal(arn, reason)
        changes = list(described.get("Changes", []))
        while token := described.get("NextToken"):
            described = self.cloudformation.describe_change_set(ChangeSetName=arn, NextToken=token)
            changes += described.get("Changes", [])
        return tuple(map(read_change, changes))

    def _make_refusal(self, arn: str, reason: str) -> DeployError:
        """Return the error for a failed change set: with the faults in its events, or else CloudFormation's reason."""
        faults = list_faults(self.cloudformation, ChangeSetName=arn)
        if not faults:
            return DeployError(f"The template of {self.stack} was refused: {reason}")
        details = "; ".join(f"{fault.logical_id} ({fault.resource_type}): {fault.reason}" for fault in faults)
        return DeployError(f"The template of {self.stack} was refused: {details}", **asdict(faults[0]))


def _make_parameter(key: str, value: str) -> ParameterTypeDef:
    if value == HIDDEN:
        return {"ParameterKey": key, "UsePreviousValue": True}
    return {"ParameterKey": key, "ParameterValue": value}


def is_missing_stack(error: ClientError) -> bool:
    """Return whether CloudFormation reports a missing stack, for which it has no error code."""
    return "does not exist" in read_message(error)


def read_message(error: ClientError) -> str:
    """Return AWS's message, without the text that boto3 adds."""
    return error.response.get("Error", {}).get("Message", str(error))
