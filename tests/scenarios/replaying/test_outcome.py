"""A project's result is read through the API, and its own tests are run if the scenario expects them."""

from pathlib import Path

import pytest

from agenticai.scenarios.format.expected import ExpectedProject
from agenticai.scenarios.replaying.outcome import read_project
from tests.fakes.files_api import FilesApi
from tests.fakes.replayed import EVENTS, PROJECT_ID, USAGE, VIEW
from tests.handlers.runner.sandbox.projects import needs_sandbox

GOOD = b"import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 1)\n"


def test_all_is_read_and_nothing_is_run_that_is_not_expected() -> None:
    project = read_project(FilesApi({"test_it.py": b"raise SystemExit"}), PROJECT_ID, ExpectedProject(), USAGE, None)
    assert (project.id, project.view, project.events, project.usage) == (PROJECT_ID, VIEW, EVENTS, USAGE)
    assert (set(project.files), project.project_type, project.tests) == ({"test_it.py"}, None, None)


@needs_sandbox
@pytest.mark.parametrize(("content", "passed"), [(GOOD, True), (GOOD.replace(b"1, 1", b"1, 2"), False)])
def test_its_own_tests_are_run_where_they_are_expected(content: bytes, passed: bool) -> None:
    expected = ExpectedProject(tests="python")
    tests = read_project(FilesApi({"test_it.py": content}), PROJECT_ID, expected, USAGE, None).tests
    assert tests
    assert (tests.passed, tests.ran) == (passed, 1)


@needs_sandbox
def test_a_project_without_files_passes_no_tests() -> None:
    tests = read_project(FilesApi({}), PROJECT_ID, ExpectedProject(tests="python"), USAGE, None).tests
    assert tests
    assert (tests.passed, tests.ran) == (False, 0)


def test_what_was_made_stays_in_a_folder_that_is_given(tmp_path: Path) -> None:
    for name in ("old.py", "a/b.py"):
        read_project(FilesApi({name: GOOD}), PROJECT_ID, ExpectedProject(), USAGE, tmp_path / "made")
    assert [path for path in (tmp_path / "made" / "code").rglob("*") if path.is_file()] == [
        tmp_path / "made" / "code" / "a" / "b.py"
    ]


def test_files_that_are_refused_are_told() -> None:
    project = read_project(FilesApi({"../a.py": GOOD}), PROJECT_ID, ExpectedProject(tests="python"), USAGE, None)
    assert project.refused == ("path '../a.py' has an empty, . or .. segment",)
