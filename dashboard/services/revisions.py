"""The files of each revision of a project, as they are stored, and what changed between two of them."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import ValidationError

from agenticai.dashboard.services.port import ObjectEntry
from shared.models import layout
from shared.models.project import Revision
from shared.models.records import Manifest

LONGEST_FILE: Final = 500_000
"""Bytes of a file that is still compared, or shown."""

MANIFEST: Final = "manifest.json"
_REVISION: Final = re.compile(r"(\d{1,9})\.(\d{1,9})/(.+)", re.DOTALL)


class Stored(Protocol):
    """The stack's bucket, as far as revisions need it."""

    def objects(self, prefix: str) -> list[ObjectEntry]:
        """The objects below a prefix."""
        ...

    def content(self, key: str) -> bytes:
        """What an object holds."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """A revision's files: their objects' keys by path. `tested` says that it is the list that QA worked from."""

    revision: Revision
    keys: Mapping[str, str]
    tested: bool


@dataclass(frozen=True)
class FileChange:
    """How a file differs between two revisions: added, removed or changed, with a unified diff."""

    path: str
    kind: str
    diff: str


def snapshots(stored: Stored, project_id: str) -> list[Snapshot]:
    """Return the revisions of a project that have files, in their order.

    What QA tested is the list that it kept. A revision that it has not tested is what was written for it, over the one
    before it.
    """
    code = layout.objects(project_id)[layout.FOLDERS.index("projects")]
    written: dict[tuple[int, int], dict[str, str]] = {}
    for entry in stored.objects(code):
        if named := _REVISION.fullmatch(entry.key.removeprefix(code)):
            written.setdefault((int(named[1]), int(named[2])), {})[named[3]] = entry.key
    tests = layout.objects(project_id)[layout.FOLDERS.index("test_results")]
    tested = {entry.key for entry in stored.objects(tests) if entry.key.endswith(f"/{MANIFEST}")}
    found: list[Snapshot] = []
    for build, number in sorted(written):
        revision = Revision(build=build, round=number)
        manifest = layout.report_object(project_id, revision, MANIFEST)
        kept = _manifest(stored.content(manifest)) if manifest in tested else None
        before = found[-1].keys if found else {}
        keys = kept if kept is not None else {**before, **written[build, number]}
        found.append(Snapshot(revision, dict(sorted(keys.items())), kept is not None))
    return found


def _manifest(content: bytes) -> dict[str, str] | None:
    try:
        return {file.path: file.object.key for file in Manifest.model_validate_json(content).files}
    except ValidationError:
        return None


def changes(stored: Stored, before: Snapshot | None, after: Snapshot) -> list[FileChange]:
    """Return the files that differ, by path; all of them are new where there is nothing before."""
    old: Mapping[str, str] = before.keys if before else {}
    paths = sorted({*old, *after.keys})
    differing = [path for path in paths if old.get(path) != after.keys.get(path)]
    found = [_change(stored, path, old.get(path), after.keys.get(path)) for path in differing]
    return [change for change in found if change is not None]


def _change(stored: Stored, path: str, old: str | None, new: str | None) -> FileChange | None:
    was, is_now = _text(stored, old), _text(stored, new)
    if old and new and was == is_now:
        return None
    kind = "changed" if old and new else "added" if new else "removed"
    if was is None or is_now is None:
        return FileChange(path, kind, f"Too large to compare: more than {LONGEST_FILE:,} bytes.")
    lines = difflib.unified_diff(was.splitlines(), is_now.splitlines(), "before", "after", lineterm="")
    return FileChange(path, kind, "\n".join(lines))


def _text(stored: Stored, key: str | None) -> str | None:
    """An object's text; empty where there is no object, None where it is too long."""
    if key is None:
        return ""
    content = stored.content(key)
    return content.decode(errors="replace") if len(content) <= LONGEST_FILE else None


def in_words(found: Sequence[FileChange]) -> str:
    """How many files were added, changed and removed."""
    return ", ".join(f"{number} {kind}" for kind, number in _counted(found) if number) or "no difference"


def _counted(found: Iterable[FileChange]) -> list[tuple[str, int]]:
    kinds = [change.kind for change in found]
    return [(kind, kinds.count(kind)) for kind in ("added", "changed", "removed")]
