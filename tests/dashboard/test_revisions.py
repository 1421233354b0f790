"""The stored data of each revision is found, and compared."""

from agenticai.dashboard.services import revisions
from agenticai.dashboard.services.revisions import FileChange, describe_changes, list_changes, list_snapshots
from shared.models import layout
from shared.models.project import Revision, StoredObject
from shared.models.records import FileRecord, Manifest
from tests.fakes.dashboard_projects import ID, START, FakeSource


class Bucket(FakeSource):
    """A bucket to which revisions are added."""

    def write(self, revision: Revision, path: str, text: str) -> None:
        self.bucket[layout.code_object(ID, revision, path)] = (text.encode(), START)

    def tested(self, revision: Revision, **paths: Revision) -> None:
        names = {name.replace("_", "."): written for name, written in paths.items()}
        files = tuple(
            FileRecord(
                path=path,
                language="python",
                revision=written,
                object=StoredObject(key=layout.code_object(ID, written, path), size=1, sha256="0" * 64),
            )
            for path, written in names.items()
        )
        content = Manifest(files=files).model_dump_json().encode()
        self.bucket[layout.report_object(ID, revision, "manifest.json")] = (content, START)


FIRST, REPAIRED, CHANGED = Revision(build=1), Revision(build=1, round=1), Revision(build=2)


def bucket() -> Bucket:
    made = Bucket()
    made.write(FIRST, "a.py", "a = 1\nb = 2\n")
    made.write(FIRST, "b.py", "b\n")
    made.write(REPAIRED, "a.py", "a = 1\nb = 3\n")
    made.write(CHANGED, "dir/c.py", "c\n")
    made.tested(FIRST, a_py=FIRST, b_py=FIRST)
    made.tested(REPAIRED, a_py=REPAIRED, b_py=FIRST)
    return made


def test_a_revision_has_what_was_tested_or_else_what_was_written_over_the_one_before() -> None:
    first, repaired, changed = list_snapshots(bucket(), ID)
    assert (first.revision, first.tested, changed.tested) == (FIRST, True, False)
    assert repaired.keys["b.py"] == layout.code_object(ID, FIRST, "b.py")
    assert [*changed.keys] == ["a.py", "b.py", "dir/c.py"]


def test_what_changed_is_told_line_by_line() -> None:
    made = bucket()
    first, repaired, changed = list_snapshots(made, ID)
    (change,) = list_changes(made, first, repaired)
    assert (change.path, change.kind) == ("a.py", "changed")
    assert change.diff.splitlines()[-2:] == ["-b = 2", "+b = 3"]
    assert list_changes(made, repaired, changed) == [
        FileChange("dir/c.py", "added", "--- before\n+++ after\n@@ -0,0 +1 @@\n+c")
    ]
    assert describe_changes(list_changes(made, None, first)) == "2 added"
    assert describe_changes(list_changes(made, first, first)) == "no difference"


def test_a_file_that_is_gone_is_told_and_an_equal_one_is_not() -> None:
    made = bucket()
    made.tested(CHANGED, a_py=CHANGED)
    made.write(CHANGED, "a.py", "a = 1\nb = 3\n")
    _, repaired, changed = list_snapshots(made, ID)
    assert [(one.path, one.kind) for one in list_changes(made, repaired, changed)] == [("b.py", "removed")]


def test_odd_keys_and_a_broken_list_of_files_are_passed_over() -> None:
    made = bucket()
    made.bucket[f"{layout.objects(ID)[0]}odd"] = (b"", START)
    made.bucket[layout.report_object(ID, FIRST, "manifest.json")] = (b"{", START)
    assert not list_snapshots(made, ID)[0].tested


def test_a_file_that_is_too_large_is_not_compared() -> None:
    made = bucket()
    made.write(REPAIRED, "a.py", "x" * (revisions.LONGEST_FILE + 1))
    first, repaired, _ = list_snapshots(made, ID)
    (change,) = list_changes(made, first, repaired)
    assert "Too large" in change.diff
