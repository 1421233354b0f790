"""What can go wrong while a deployed stack is used, each as one sentence that says what to do next.

ProjectsError
 ├─ ApiError     the API did not answer as asked
 ├─ FolderError  a folder or a file on this machine cannot be written
 └─ QueueError   a queue, a message or a log is not there, or AWS refused what was asked of it
"""


class ProjectsError(Exception):
    """What was asked of a stack's projects could not be done; the message is for the person at the terminal."""


class ApiError(ProjectsError):
    """The API refused, failed or did not answer; the message holds its own reason."""


class FolderError(ProjectsError):
    """A folder or a file on this machine cannot be written; the message names it."""


class QueueError(ProjectsError):
    """A queue, a message or a log is not there, or AWS refused what was asked of it; the message says which."""
