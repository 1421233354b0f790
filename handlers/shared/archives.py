"""All of a project's files as one zip, whose bytes depend on its files alone."""

import hashlib
from collections.abc import Sequence

from shared.errors import Retryable
from shared.items import metadata_key
from shared.models.project import Archive, Project
from shared.models.records import FileRecord
from shared.projects import MAX_CONFLICTS
from shared.storage.objects import Objects, read_named
from shared.storage.table import Conflict, Table, Update
from shared.zips import build_zip


class Archives:
    """The archives of projects: made when one is asked for and the files are not those of the last one."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    def of(self, project: Project, files: Sequence[FileRecord]) -> Archive | None:
        """The archive of a project's files; None if the project was deleted meanwhile, and has to be swept again."""
        digest = _digest(files)
        if project.archive and project.archive.files == digest:
            return project.archive
        content = build_zip({file.path: read_named(self._objects, file.object) for file in files})
        key = f"deployments/{project.id}/archives/{digest}.zip"
        archive = Archive(files=digest, object=self._objects.put(key, content, "application/zip"))
        return archive if self._kept(project.id, archive) else None

    def _kept(self, project_id: str, archive: Archive) -> bool:
        key = metadata_key(project_id)
        for _ in range(MAX_CONFLICTS):
            try:
                # Not a new version of the project: nothing that its owner sees of it has changed.
                self._table.write(Update(key, set={"archive": archive.model_dump()}))
            except Conflict:
                if self._table.get(key) is None:
                    return False
                continue
            return True
        raise Retryable(f"{project_id} is written by too many at once")


def _digest(files: Sequence[FileRecord]) -> str:
    listed = "\n".join(f"{file.object.sha256} {file.path}" for file in sorted(files, key=lambda file: file.path))
    return hashlib.sha256(listed.encode()).hexdigest()
