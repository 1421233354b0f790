"""The states of a stack: in which ones a deployment can start, and what to do about the others.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from enum import Enum
from typing import Final, NamedTuple


class DeploymentAction(Enum):
    """What a deployment does with a stack in a state."""

    CREATE = "create"
    """There is no stack, or only an empty one that a change set left: create it."""
    REPLACE = "replace"
    """It was never created successfully, and is empty: delete it, then create it."""
    UPDATE = "update"
    """It exists: update it."""
    WAIT = "wait"
    """An operation is in progress: nothing can be done until it has ended."""
    MEND = "mend"
    """It is stuck: somebody has to repair it first."""


class State(NamedTuple):
    """What a state means for a deployment; `explanation` says what is wrong and what to do. {stack} is the stack."""

    action: DeploymentAction
    explanation: str = ""


NO_STACK: Final = State(DeploymentAction.CREATE)
_NEVER_CAME_UP: Final = State(DeploymentAction.REPLACE)
_THERE: Final = State(DeploymentAction.UPDATE)

_STATES: Final = {
    "REVIEW_IN_PROGRESS": State(DeploymentAction.CREATE),
    "DELETE_COMPLETE": NO_STACK,
    "CREATE_FAILED": _NEVER_CAME_UP,
    "ROLLBACK_COMPLETE": _NEVER_CAME_UP,
    "ROLLBACK_FAILED": _NEVER_CAME_UP,
    "CREATE_COMPLETE": _THERE,
    "UPDATE_COMPLETE": _THERE,
    "UPDATE_ROLLBACK_COMPLETE": _THERE,
    "IMPORT_COMPLETE": _THERE,
    "IMPORT_ROLLBACK_COMPLETE": _THERE,
    "UPDATE_FAILED": State(
        DeploymentAction.MEND,
        "its last update failed and was kept as it was: end it with"
        " `aws cloudformation rollback-stack --stack-name {stack}`, then deploy again",
    ),
    "UPDATE_ROLLBACK_FAILED": State(
        DeploymentAction.MEND,
        "its last update failed, and so did the way back: mend what the stack's events name, then"
        " `aws cloudformation continue-update-rollback --stack-name {stack}`, and deploy again",
    ),
    "DELETE_FAILED": State(
        DeploymentAction.MEND,
        "it was to be deleted, and something in it could not be: `agenticai destroy` names what is left, and tries"
        " again",
    ),
    "IMPORT_ROLLBACK_FAILED": State(
        DeploymentAction.MEND,
        "an import of resources failed, and so did the way back: mend what the stack's events name,"
        " or ask AWS's support",
    ),
}


_AFTER: Final = {
    "UPDATE_ROLLBACK_COMPLETE": "the stack of before still serves: mend the cause, then deploy again",
    "ROLLBACK_COMPLETE": "nothing is left of it: mend the cause, then deploy again, which deletes the stack first",
    "ROLLBACK_FAILED": (
        "some of it could not be deleted: `agenticai destroy` names it, and tries again; then deploy again"
    ),
    "CREATE_FAILED": "what was made stays: `agenticai destroy` deletes it; mend the cause, then deploy again",
}


def describe_failure(status: str, stack: str) -> str:
    """Return how a failed deployment has left a stack, and how to repair it."""
    explanation = _AFTER.get(status) or find_state(status).explanation or "look at its events, then deploy again"
    return f"the stack is {status}: {explanation.format(stack=stack)}"


def find_state(status: str | None) -> State:
    """Return what a stack's status means for a deployment; None stands for no stack."""
    if status is None:
        return NO_STACK
    if status in _STATES:
        return _STATES[status]
    if status.endswith("_IN_PROGRESS"):
        return State(DeploymentAction.WAIT, "an operation on it goes on: wait until that has ended, then deploy again")
    return State(
        DeploymentAction.MEND,
        "this version does not know that state: look at the stack in the console of CloudFormation",
    )
