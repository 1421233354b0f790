"""Rolls back a failed change: the project returns to its previous state, with its previous files."""

from typing import Final, NamedTuple

from shared.manifests import list_restoring_writes, read
from shared.models.messages import AnyMessage, DeployRequested
from shared.models.records import Standing
from shared.projects import Projects
from shared.storage.objects import Objects
from shared.storage.table import MAX_WRITES, Write

OTHER_WRITES: Final = 3
"""The other writes that end the work: its item, the project, and the event."""


class Reversal(NamedTuple):
    """What rolls a project back; it is valid only while the project is at `version`."""

    to: Standing
    version: int
    writes: tuple[Write, ...]


class Reversals:
    """Finds how to roll back the change that a message belongs to."""

    def __init__(self, projects: Projects, objects: Objects) -> None:
        self._projects = projects
        self._objects = objects

    def find(self, message: AnyMessage) -> Reversal | None:
        """Return the reversal; None if there is nothing to roll back to, so that the project itself fails.

        That applies to the first build, to a deployment, as its files are good, and to a change that has written more
        files than one transaction can restore. Raises `Retryable`.
        """
        project = self._projects.get(message.project_id)
        change = self._projects.get_change(message.project_id, message.revision.build)
        if project is None or change is None or change.before is None or isinstance(message, DeployRequested):
            return None
        writes = self._list_restoring_writes(message)
        if len(writes) > MAX_WRITES - OTHER_WRITES:
            return None
        return Reversal(change.before, project.version, writes)

    def _list_restoring_writes(self, message: AnyMessage) -> tuple[Write, ...]:
        """Return the writes that restore files; empty if no task was started."""
        plan = self._projects.get_plan(message.project_id, message.revision.build)
        if plan is None or plan.base is None:
            return ()
        return list_restoring_writes(self._projects, message.project_id, read(self._objects, plan.base))
