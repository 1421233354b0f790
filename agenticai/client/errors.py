"""What can go wrong while a deployed stack is used, each with a message of one sentence that says what to do next.

ProjectsError
 ├─ ApiError        the API did not answer as asked
 ├─ FolderError     a folder or a file on this machine cannot be written
 ├─ SettingsError   it is not clear what a command applies to: no engine, or no project, or several
 ├─ SelectionError  a queue, a dead letter or a function is not there, or it is not clear which one is meant
 ├─ BudgetError     a budget's file is invalid, or nothing was measured to check it against
 ├─ DeniedError     functions were denied actions
 ├─ DemoFailed      the demo's project is not COMPLETED (in commands/demo.py)
 └─ Unfollowed      a user stopped following a project, which goes on
"""

from typing import ClassVar


class ProjectsError(Exception):
    """A request about a stack's projects failed; the message is for the user at the terminal.

    `exit_status` is the exit status of the command.
    """

    exit_status: ClassVar[int] = 1


class ApiError(ProjectsError):
    """The API refused, failed or did not answer; the message has its reason, and `status` the HTTP status, if any."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class FolderError(ProjectsError):
    """A folder or a file on this machine cannot be written; the message names it."""


class SettingsError(ProjectsError):
    """An option, an argument or a variable is ambiguous or missing; the message says how to choose."""


class Unfollowed(ProjectsError):
    """A user stopped following a project, which goes on; the message says how to follow it again."""

    exit_status = 130


class SelectionError(ProjectsError):
    """A queue, a dead letter or a function is not there, or it is not clear which one is meant."""


class DeniedError(ProjectsError):
    """Functions were denied actions; the message names the functions and the actions."""


class BudgetError(ProjectsError):
    """A budget's file is invalid, or nothing was measured to check it against; the message says what to do."""
