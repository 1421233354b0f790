"""What a project came to is read through the API, and its own tests are run where they are expected."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from agenticai.client.api import ProjectsApi
from agenticai.scenarios.format.expected import ExpectedProject
from agenticai.scenarios.replaying.outcome import read_project
from shared.models.project import Revision
from shared.models.views import DeploymentView, FileView, ProjectView
from tests.fakes.replayed import EVENTS, PROJECT_ID, USAGE, VIEW

GOOD = b"import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 1)\n"


class FakeApi(ProjectsApi):
    """Answers with these files, and with no package."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def get(self, project_id: str) -> ProjectView:
        return VIEW

    def events(self, project_id: str) -> list[Any]:
        return list(EVENTS)

    def files(self, project_id: str) -> list[FileView]:
        return [
            FileView(
                path=path,
                language="python",
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                revision=Revision(build=1),
            )
            for path, content in self._files.items()
        ]

    def file(self, project_id: str, path: str) -> bytes:
        return self._files[path]

    def deployments(self, project_id: str) -> list[DeploymentView]:
        return []


def test_all_is_read_and_nothing_is_run_that_is_not_expected() -> None:
    project = read_project(FakeApi({"test_it.py": b"raise SystemExit"}), PROJECT_ID, ExpectedProject(), USAGE, None)
    assert (project.id, project.view, project.events, project.usage) == (PROJECT_ID, VIEW, EVENTS, USAGE)
    assert (set(project.files), project.project_type, project.tests) == ({"test_it.py"}, None, None)


@pytest.mark.parametrize(("content", "passed"), [(GOOD, True), (GOOD.replace(b"1, 1", b"1, 2"), False)])
def test_its_own_tests_are_run_where_they_are_expected(content: bytes, passed: bool) -> None:
    expected = ExpectedProject(tests="python")
    tests = read_project(FakeApi({"test_it.py": content}), PROJECT_ID, expected, USAGE, None).tests
    assert tests
    assert (tests.passed, tests.ran) == (passed, 1)


def test_a_project_without_files_passes_no_tests() -> None:
    tests = read_project(FakeApi({}), PROJECT_ID, ExpectedProject(tests="python"), USAGE, None).tests
    assert tests
    assert (tests.passed, tests.ran) == (False, 0)


def test_what_was_made_stays_in_a_folder_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old.txt").touch()
    read_project(FakeApi({"a/b.py": GOOD}), PROJECT_ID, ExpectedProject(), USAGE, tmp_path / "made")
    written = [path for path in (tmp_path / "made").rglob("*") if path.is_file()]
    assert written == [tmp_path / "made" / "code" / "a" / "b.py"]
