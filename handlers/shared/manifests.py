"""Fixes the files that a piece of work is about, so that every delivery of it sees the same ones."""

from shared.items import put_file, remove_file
from shared.models.errors import Retryable
from shared.models.project import Revision, StoredObject
from shared.models.records import Manifest
from shared.projects import Projects
from shared.storage.objects import Objects, describe, read_named
from shared.storage.table import Write


def pin_manifest(projects: Projects, objects: Objects, project_id: str, key: str) -> tuple[Manifest, StoredObject]:
    """Return the manifest stored under `key`; if there is none, store one of the project's current files first."""
    now = Manifest(files=tuple(projects.list_files(project_id)))
    content = objects.put_first(key, now.model_dump_json(indent=1).encode(), "application/json")
    return Manifest.model_validate_json(content), describe(key, content)


def read_tested(projects: Projects, objects: Objects, project_id: str, revision: Revision) -> Manifest:
    """Return the files of a revision as QA tested it. Raises `Retryable` if it was not tested."""
    test = next((test for test in projects.list_tests(project_id) if test.revision == revision), None)
    if test is None or test.manifest is None:
        raise Retryable(f"revision {revision} has not been tested")
    return read(objects, test.manifest)


def read(objects: Objects, stored: StoredObject) -> Manifest:
    """Return the manifest that an item refers to."""
    return Manifest.model_validate_json(read_named(objects, stored))


def list_restoring_writes(projects: Projects, project_id: str, manifest: Manifest) -> tuple[Write, ...]:
    """Return the writes that restore an earlier manifest as the project's files."""
    before, current = manifest.by_path(), {file.path: file for file in projects.list_files(project_id)}
    return (
        *(put_file(project_id, file) for path, file in before.items() if current.get(path) != file),
        *(remove_file(project_id, path) for path in current if path not in before),
    )
