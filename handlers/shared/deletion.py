"""The end of a project: first the item that says it exists, then everything it left.

Agents may be at work meanwhile. All that they write to the table is conditional on the first item, and whoever finds it
gone sweeps up, before the message is acknowledged, what it may have written since.
"""

from typing import Final

from shared.items import metadata_key
from shared.language_model.port import Remaining
from shared.models import layout
from shared.models.project import Project
from shared.storage.objects import Objects
from shared.storage.table import MAX_WRITES, Conflict, Key, Remove, Table

MARGIN_SECONDS: Final = 5.0
"""Time that a sweep leaves to its caller."""


class Deletion:
    """Deletes projects."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    def begin(self, project: Project) -> None:
        """Mark the project as deleted: it does not exist from now on, and what it left is to be swept."""
        made_by = [Remove(Key(project.idempotency, layout.METADATA))] if project.idempotency else []
        self._table.write(Remove(metadata_key(project.id)), *made_by)

    def unfinished(self, project_id: str) -> bool:
        """Return whether a project that does not exist has left something behind."""
        return bool(self._table.query(layout.project(project_id)))

    def sweep(self, project_id: str, remaining: Remaining) -> bool:
        """Delete all objects, in every version, and then all items that a project left; False if time ran out."""
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
            return  # another sweep is at the same items; look again at what is left
