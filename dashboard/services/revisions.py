"""The stored files of each revision of a project, and the differences between two revisions."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import ValidationError

from agenticai.dashboard.services.port import ObjectEntry
from shared.models import layout
from shared.models.project import Revision
from shared.models.records import Manifest

LONGEST_FILE: Final = 500_000
"""The maximum size in bytes of a file that is compared or shown."""

MANIFEST: Final = "manifest.json"
_REVISION: Final = re.compile(r"(\d{1,9})\.(\d{1,9})/(.+)", re.DOTALL)


class Stored(Protocol):
    """The part of the stack's bucket that revisions need."""

    def objects(self, prefix: str) -> list[ObjectEntry]:
        """Return the objects below a prefix."""
        ...

    def content(self, key: str) -> bytes:
        """Return the content of an object."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """A revision's files: their objects' keys by path. `tested` is true if it is the list that QA tested."""

    revision: Revision
    keys: Mapping[str, str]
    tested: bool


@dataclass(frozen=True)
class FileChange:
    """How a file differs between two revisions: added, removed or changed, with a unified diff."""

    path: str
    kind: str
    diff: str


def list_snapshots(stored: Stored, project_id: str) -> list[Snapshot]:
    """Return the revisions of a project that have files, in order.

    The files of a tested revision are those in QA's list. The files of an untested one are those written for it, on top
    of those of the previous revision.
    """
    code = layout.objects(project_id)[layout.FOLDERS.index("projects")]
    written: dict[tuple[int, int], dict[str, str]] = {}
    for entry in stored.objects(code):
        if match := _REVISION.fullmatch(entry.key.removeprefix(code)):
            written.setdefault((int(match[1]), int(match[2])), {})[match[3]] = entry.key
    tests = layout.objects(project_id)[layout.FOLDERS.index("test_results")]
    tested = {entry.key for entry in stored.objects(tests) if entry.key.endswith(f"/{MANIFEST}")}
    result: list[Snapshot] = []
    for build, number in sorted(written):
        revision = Revision(build=build, round=number)
        manifest = layout.report_object(project_id, revision, MANIFEST)
        manifest_keys = _parse_manifest(stored.content(manifest)) if manifest in tested else None
        previous_keys = result[-1].keys if result else {}
        keys = manifest_keys if manifest_keys is not None else {**previous_keys, **written[build, number]}
        result.append(Snapshot(revision, dict(sorted(keys.items())), manifest_keys is not None))
    return result


def _parse_manifest(content: bytes) -> dict[str, str] | None:
    try:
        return {file.path: file.object.key for file in Manifest.model_validate_json(content).files}
    except ValidationError:
        return None


def list_changes(stored: Stored, before: Snapshot | None, after: Snapshot) -> list[FileChange]:
    """Return the files that differ, by path; without `before`, all of them are new."""
    old_keys: Mapping[str, str] = before.keys if before else {}
    paths = sorted({*old_keys, *after.keys})
    differing_paths = [path for path in paths if old_keys.get(path) != after.keys.get(path)]
    results = [_compare_file(stored, path, old_keys.get(path), after.keys.get(path)) for path in differing_paths]
    return [change for change in results if change is not None]


def _compare_file(stored: Stored, path: str, old: str | None, new: str | None) -> FileChange | None:
    old_text, new_text = _read_text(stored, old), _read_text(stored, new)
    if old and new and old_text == new_text:
        return None
    kind = "changed" if old and new else "added" if new else "removed"
    if old_text is None or new_text is None:
        return FileChange(path, kind, f"Too large to compare: more than {LONGEST_FILE:,} bytes.")
    lines = difflib.unified_diff(old_text.splitlines(), new_text.splitlines(), "before", "after", lineterm="")
    return FileChange(path, kind, "\n".join(lines))


def _read_text(stored: Stored, key: str | None) -> str | None:
    """Return an object's text; empty if there is no object, None if it is too long."""
    if key is None:
        return ""
    content = stored.content(key)
    return content.decode(errors="replace") if len(content) <= LONGEST_FILE else None


def describe_changes(found: Sequence[FileChange]) -> str:
    """Return how many files were added, changed and removed, in words."""
    kinds = Counter(change.kind for change in found)
    counts = (f"{kinds[kind]} {kind}" for kind in ("added", "changed", "removed") if kinds[kind])
    return ", ".join(counts) or "no difference"
