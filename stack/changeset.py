"""What a deployment would change, asked of CloudFormation before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from agenticai.stack.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType, ChangeSetTypeType
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef

    from agenticai.stack.waiting import Pause, Polling

# A stack that never came up cannot be updated, only taken away; it holds nothing.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_NEVER_CAME_UP = frozenset({"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})

# The two ways in which CloudFormation says that there is nothing to do.
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


ALL_CAPABILITIES: Final[Sequence[CapabilityType]] = (
    "CAPABILITY_IAM",
    "CAPABILITY_NAMED_IAM",
    "CAPABILITY_AUTO_EXPAND",
)
"""What a template may ask for: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html"""


@dataclass(frozen=True)
class TemplateText:
    """A template in a request: its text, or where in S3 it is."""

    body: str = ""
    url: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """How a request names it."""
        return {"TemplateBody": self.body} if self.body else {"TemplateURL": self.url}


@dataclass(frozen=True)
class Change:
    """What would happen to one resource.

    `action` is Add, Modify or Remove; `replacement` is True, False or Conditional, and empty unless it is Modify.
    """

    action: str
    logical_id: str
    resource_type: str
    replacement: str


@dataclass(frozen=True)
class ChangeSet:
    """All that a deployment would change; nothing where `changes` is empty."""

    arn: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...]


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
    ) -> ChangeSet:
        """Ask what deploying this template would change.

        A stack that was created but never came up is deleted first. Raises DeployError when the template is refused
        or another operation is under way.
        """
        kind = self._kind()
        try:
            answer = self.cloudformation.create_change_set(
                StackName=self.stack,
                ChangeSetName=name,
                ChangeSetType=kind,
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
                Capabilities=list(capabilities),
                **text.arguments,
            )
        except ClientError as error:
            raise DeployError(f"The template of {self.stack} was refused: {message(error)}") from error
        change_set = ChangeSet(answer["Id"], answer["StackId"], kind == "CREATE", self._changes(answer["Id"]))
        if not change_set.changes:
            self.cloudformation.delete_change_set(ChangeSetName=change_set.arn)
        return change_set

    def discard(self, change_set: ChangeSet) -> None:
        """Forget a change set, and the empty stack that was made to hold it."""
        self.cloudformation.delete_change_set(ChangeSetName=change_set.arn)
        if change_set.creates:
            self.cloudformation.delete_stack(StackName=change_set.stack_id)

    def status(self) -> str | None:
        """Return the status of the stack, None where there is none."""
        try:
            return self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if not is_missing_stack(error):
                raise
            return None

    def _kind(self) -> ChangeSetTypeType:
        status = self.status()
        if status in _NEVER_CAME_UP:
            self.cloudformation.delete_stack(StackName=self.stack)
            status = self._gone()
        if status in {None, "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}:
            return "CREATE"
        if status.endswith("_IN_PROGRESS"):
            raise DeployError(f"{self.stack} is busy ({status}): wait until that has ended, then deploy again.")
        return "UPDATE"

    def _gone(self) -> str | None:
        for _ in self.polling.attempts(self.pause):
            status = self.status()
            if status in {None, "DELETE_COMPLETE"}:
                return None
            if status == "DELETE_FAILED":
                raise DeployError(
                    f"{self.stack} never came up and cannot be deleted: delete what is left of it by hand."
                )
        return None

    def _changes(self, arn: str) -> tuple[Change, ...]:
        for _ in self.polling.attempts(self.pause):
            described = self.cloudformation.describe_change_set(ChangeSetName=arn)
            if described["Status"] == "CREATE_COMPLETE":
                break
            if described["Status"] == "FAILED":
                reason = described.get("StatusReason", "")
                if any(words in reason for words in _NO_CHANGES):
                    return ()
                raise DeployError(f"The template of {self.stack} was refused: {reason}")
        changes = list(described.get("Changes", []))
        while token := described.get("NextToken"):
            described = self.cloudformation.describe_change_set(ChangeSetName=arn, NextToken=token)
            changes += described.get("Changes", [])
        return tuple(map(_change, changes))


def _change(change: ChangeTypeDef) -> Change:
    resource = change["ResourceChange"]
    return Change(
        action=resource["Action"],
        logical_id=resource["LogicalResourceId"],
        resource_type=resource["ResourceType"],
        replacement=resource.get("Replacement", ""),
    )


def is_missing_stack(error: ClientError) -> bool:
    """Return whether CloudFormation says that there is no such stack: it has no error code of its own for that."""
    return "does not exist" in message(error)


def message(error: ClientError) -> str:
    """Return what AWS said, without boto3's frame around it."""
    return error.response.get("Error", {}).get("Message", str(error))
