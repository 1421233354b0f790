"""Deletes a project: first the item that says it exists, then everything else that belongs to it.

Agents may be at work meanwhile. All of their writes to the table are conditional on the first item; an agent that
finds it deleted removes what it may have written since, before it acknowledges the message.
"""

from typing import Final

from shared.items import make_metadata_key
from shared.language_model.port import Remaining
from shared.models import layout
from shared.models.project import Project
from shared.storage.objects import Objects
from shared.storage.table import MAX_WRITES, Conflict, Key, Remove, Table

MARGIN_SECONDS: Final = 5.0
"""Time that a sweep reserves for its caller."""


class Deletion:
    """Deletes projects."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    def begin(self, project: Project) -> None:
        """Mark the project as deleted: it does not exist any more, and its remains have to be swept."""
        made_by = [Remove(Key(project.idempotency, layout.METADATA))] if project.idempotency else []
        self._table.write(Remove(make_metadata_key(project.id)), *made_by)

    def is_unfinished(self, project_id: str) -> bool:
        """Return whether a deleted project has remains."""
        return bool(self._table.query(layout.project(project_id)))

    def sweep(self, project_id: str, remaining: Remaining) -> bool:
        """Delete all objects of a project, in every version, and then all items; return False if time ran out."""
        for prefix in layout.objects(project_id):
            while self._objects.erase(prefix):
                if remaining() < MARGIN_SECONDS:
                    return False
        while keys := [item.key for item in self._table.query(layout.project(project_id))]:
            for first in range(0, len(keys), MAX_WRITES):
                if remaining() < MARGIN_SECONDS:
                    return False
                self._remove(keys[first : first + MAX_WRITES])
        return True

    def _remove(self, keys: list[Key]) -> None:
        try:
            self._table.write(*map(Remove, keys))
        except Conflict:
            return  # another sweep deletes the same items; query again for the rest
