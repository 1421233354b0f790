"""A change that failed, taken back: the project stands where it stood before, with the files that it had."""

from typing import Final, NamedTuple

from shared.manifests import read, restoring
from shared.models.messages import AnyMessage, DeployRequested
from shared.models.records import Standing
from shared.projects import Projects
from shared.storage.objects import Objects
from shared.storage.table import MAX_WRITES, Write

OTHER_WRITES: Final = 3
"""Those that end the work: its item, the project, and the event."""


class Reversal(NamedTuple):
    """What puts a project back; it holds only while the project is at `version`."""

    to: Standing
    version: int
    writes: tuple[Write, ...]


class Reversals:
    """Finds out how the change that a message belongs to is taken back."""

    def __init__(self, projects: Projects, objects: Objects) -> None:
        self._projects = projects
        self._objects = objects

    def of(self, message: AnyMessage) -> Reversal | None:
        """Return the reversal; None where there is nothing to go back to, and a failure is the project's own.

        That is so of the first build, of a deployment, whose files are good, and of a change that has written more
        files than one transaction can put back. Raises `Retryable`.
        """
        project = self._projects.get(message.project_id)
        change = self._projects.change(message.project_id, message.revision.build)
        if project is None or change is None or change.before is None or isinstance(message, DeployRequested):
            return None
        writes = self._restoring(message)
        if len(writes) > MAX_WRITES - OTHER_WRITES:
            return None
        return Reversal(change.before, project.version, writes)

    def _restoring(self, message: AnyMessage) -> tuple[Write, ...]:
        """Return the writes of files; none where no task was begun."""
        plan = self._projects.plan(message.project_id, message.revision.build)
        if plan is None or plan.base is None:
            return ()
        return restoring(self._projects, message.project_id, read(self._objects, plan.base))
