"""What can go wrong while a deployed stack is used, each as one sentence that says what to do next.

ProjectsError
 ├─ ApiError        the API did not answer as asked
 ├─ FolderError     a folder or a file on this machine cannot be written
 ├─ SettingsError   it is not clear what a command is for: no engine, or no project, or several
 ├─ SelectionError  a queue, a dead letter or a function is not there, or it is not clear which one is meant
 ├─ BudgetError     a budget's file is wrong, or nothing was measured that it could be held to
 ├─ DeniedError     functions were denied what they asked for
 ├─ DemoFailed      the demo's project is not COMPLETED (in commands/demo.py)
 └─ Unfollowed      a person stopped to follow a project, which goes on
"""

from typing import ClassVar


class ProjectsError(Exception):
    """What was asked of a stack's projects could not be done; the message is for the person at the terminal.

    `exit_status` is the status with which the command ends.
    """

    exit_status: ClassVar[int] = 1


class ApiError(ProjectsError):
    """The API refused, failed or did not answer; the message holds its own reason, and `status` is HTTP's, if any."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class FolderError(ProjectsError):
    """A folder or a file on this machine cannot be written; the message names it."""


class SettingsError(ProjectsError):
    """An option, an argument or a variable leaves open what is meant; the message says how to choose."""


class Unfollowed(ProjectsError):
    """A person stopped to follow a project, which goes on; the message says how to follow it again."""

    exit_status = 130


class SelectionError(ProjectsError):
    """A queue, a dead letter or a function is not there, or it is not clear which one is meant."""


class DeniedError(ProjectsError):
    """Functions were denied what they asked for; the message names them, and the actions."""


class BudgetError(ProjectsError):
    """A budget's file is wrong, or nothing was measured that it could be held to; the message says what to do."""
