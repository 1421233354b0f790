"""All of a project's files as one zip, whose bytes depend only on these files."""

import hashlib
from collections.abc import Sequence

from shared.items import make_metadata_key, to_attributes
from shared.models import layout
from shared.models.project import Archive
from shared.models.records import FileRecord
from shared.storage.objects import Objects, read_named
from shared.storage.table import Key, Put, Table
from shared.zips import build_zip


class Archives:
    """The archives of projects: each set of files is archived once, on demand, and recorded in an item of its own.

    So a link to an archive keeps working when the files change, and all archives are deleted with the project.
    """

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    def find_or_build(self, project_id: str, files: Sequence[FileRecord]) -> Archive | None:
        """Return the archive of a project's files, which are sorted by path.

        Returns None if the project was deleted meanwhile and must be swept.
        """
        digest = _hash_files(files)
        key = Key(layout.project(project_id), layout.archive(digest))
        stored = self._table.get(key)
        if stored:
            return Archive.model_validate(stored)
        content = build_zip({file.path: read_named(self._objects, file.object) for file in files})
        stored_zip = self._objects.put(layout.archive_object(project_id, digest), content, "application/zip")
        archive = Archive(files=digest, object=stored_zip)
        self._table.write(Put(key, to_attributes(archive)))
        # If the project still exists now, a later deletion finds both the object and the item.
        return archive if self._table.get(make_metadata_key(project_id)) else None


def _hash_files(files: Sequence[FileRecord]) -> str:
    listing = "\n".join(f"{file.object.sha256} {file.path}" for file in files)
    return hashlib.sha256(listing.encode()).hexdigest()
