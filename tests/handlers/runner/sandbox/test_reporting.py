"""What the runners in the sandbox report of a test: its id, the end of its message, and the project's own lines."""

import io
import unittest
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runner.sandbox.runners import with_pytest, with_unittest
from runner.sandbox.runners.reporting import Frames, shorten
from runner.sandbox.runners.with_pytest import make_dotted_id


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which is the project's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fail() -> None:
    raise KeyError


def step(file: str, call: Callable[[], None]) -> Callable[[], None]:
    """Return a function of a file that calls `call` on line 2 of it."""
    names: dict[str, Any] = {"call": call}
    exec(compile("def step():\n    call()\n", file, "exec"), names)  # noqa: S102 - it is the code beside
    found: Callable[[], None] = names["step"]
    return found


def frames(call: Callable[[], None]) -> list[tuple[str, int, str]]:
    with pytest.raises(KeyError) as raised:
        call()
    return Frames().list_frames(raised.value.__traceback__)


def test_only_the_projects_own_lines_are_told_the_outermost_first(project: Path) -> None:
    call: Callable[[], None] = fail
    for file in ("c/d.py", "<string>", f"{project}/b.py", "/usr/lib/python3/unittest/case.py", "./a.py"):
        call = step(file, call)
    assert frames(call) == [("a.py", 2, "step"), ("b.py", 2, "step"), ("c/d.py", 2, "step")]
    assert Frames().list_frames(None) == []


def test_of_a_long_way_the_last_twenty_lines_are_told() -> None:
    call: Callable[[], None] = fail
    for number in range(25, 0, -1):
        call = step(f"{number}.py", call)
    assert [path for path, _, _ in frames(call)] == [f"{number}.py" for number in range(6, 26)]


def test_of_a_long_message_the_end_is_told() -> None:
    assert shorten("short") == "short"
    assert shorten("a" + "b" * 3999 + "c") == "b" * 3999 + "c"


@pytest.mark.parametrize(
    ("nodeid", "told"),
    [
        ("tests/test_x.py", "tests.test_x"),
        ("test_x.py::test_y", "test_x.test_y"),
        ("tests/test_x.py::TestY::test_z", "tests.test_x.TestY.test_z"),
        ("tests/test_x.py::test_y[a/b.py::c]", "tests.test_x.test_y[a/b.py::c]"),
        ("test_x.py::test_y[[1]]", "test_x.test_y[[1]]"),
        ("", ""),
    ],
)
def test_pytests_ids_are_told_as_unittest_would_write_them(nodeid: str, told: str) -> None:
    assert make_dotted_id(nodeid) == told


def phase(when: str, outcome: str, longrepr: Any = None, **more: str) -> Any:
    """Return a test's phase, as pytest reports it."""
    marks = {"failed": outcome == "failed", "skipped": outcome == "skipped"}
    return SimpleNamespace(when=when, duration=0.25, longrepr=longrepr, longreprtext=str(longrepr), **marks, **more)


SET_UP, CALLED, TORN_DOWN = (phase(when, "passed") for when in ("setup", "call", "teardown"))
RAISED = SimpleNamespace(reprcrash=SimpleNamespace(message="KeyError: 1"))


@pytest.mark.parametrize(
    ("phases", "outcome", "message"),
    [
        ([SET_UP, CALLED, TORN_DOWN], "passed", ""),
        ([SET_UP, phase("call", "failed", RAISED), TORN_DOWN], "failed", "KeyError: 1"),
        ([SET_UP, phase("call", "failed", "text"), phase("teardown", "failed", RAISED)], "failed", "text"),
        ([phase("setup", "failed", RAISED), TORN_DOWN], "error", "KeyError: 1"),
        ([SET_UP, CALLED, phase("teardown", "failed", RAISED)], "error", "KeyError: 1"),
        ([phase("setup", "skipped", ("a.py", 1, "Skipped: later")), TORN_DOWN], "skipped", "Skipped: later"),
        ([phase("setup", "skipped", "later"), TORN_DOWN], "skipped", "later"),
        ([SET_UP, phase("call", "skipped", wasxfail="known"), TORN_DOWN], "skipped",
         "It failed, as it was expected to. known"),
        ([SET_UP, phase("call", "skipped", wasxfail=""), TORN_DOWN], "skipped", "It failed, as it was expected to."),
        ([SET_UP, TORN_DOWN], "failed", ""),
    ],
)  # fmt: skip
def test_how_a_test_of_pytest_ended_is_told_by_its_first_bad_phase(
    phases: list[Any], outcome: str, message: str
) -> None:
    lines: list[dict[str, Any]] = []
    reporting = with_pytest.Reporting(lambda **line: lines.append(line))
    for _ in range(2):  # the second reports nothing of the first
        reporting.pytest_runtest_logstart("a.py::test_b")
        for each in phases:
            reporting.pytest_runtest_logreport(each)
        reporting.pytest_runtest_logfinish("a.py::test_b")
    told = {"test": "a.test_b", "outcome": outcome, "message": message, "seconds": 0.25 * len(phases), "frames": []}
    assert lines == [{"began": "a.test_b"}, told] * 2


def test_of_what_a_test_raised_first_the_way_is_told(project: Path) -> None:
    lines: list[dict[str, Any]] = []
    reporting = with_pytest.Reporting(lambda **line: lines.append(line))
    reporting.pytest_runtest_logstart("a.py::test_b")
    for file, failed in (("passed.py", False), ("first.py", True), ("second.py", True)):
        with pytest.raises(KeyError) as raised:
            step(f"{project}/{file}", fail)()
        making = reporting.pytest_runtest_makereport(None, SimpleNamespace(excinfo=SimpleNamespace(tb=raised.tb)))
        next(making)
        report = SimpleNamespace(failed=failed)
        with pytest.raises(StopIteration) as ended:
            making.send(report)
        assert ended.value.value is report
    reporting.pytest_runtest_logfinish("a.py::test_b")
    assert lines[-1]["frames"] == [("first.py", 2, "step")]
    assert lines[-1]["outcome"] == "failed"


def test_a_file_that_pytest_cannot_collect_is_an_error_and_one_that_it_skips_is_skipped_as_a_whole() -> None:
    lines: list[dict[str, Any]] = []
    reporting = with_pytest.Reporting(lambda **line: lines.append(line))
    for outcome in ("failed", "skipped", "passed"):
        reporting.pytest_collectreport(phase("collect", outcome, "why", nodeid="tests/a.py"))
    assert lines == [
        {"test": "tests.a", "outcome": "error", "seconds": 0, "message": "why"},
        {"test": "unittest.loader.ModuleSkipped.tests.a", "outcome": "skipped", "seconds": 0, "message": "why"},
    ]


class FakeReport:
    """Keeps the reported lines."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def say(self, **line: Any) -> None:
        self.lines.append(line)


class FakeMachinery:
    """Machinery in which a test has replaced something."""

    def find_changed(self, _: object) -> frozenset[str]:
        return frozenset({"TestCase.fail"})


def tell(case: type[unittest.TestCase]) -> tuple[list[dict[str, Any]], Any]:
    """Run the tests of a class with unittest; return the reported lines, and the result."""
    report: Any = FakeReport()
    machinery: Any = FakeMachinery()
    stream = unittest.runner._WritelnDecorator(io.StringIO())
    result = with_unittest.Reporting(report, machinery, stream, False, 0)
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return report.lines, result


class Cases:
    """Contains test cases that pytest does not collect."""

    class Ends(unittest.TestCase):
        def test_cleanup(self) -> None:
            self.addCleanup(self.fail, "left")

        def test_error(self) -> None:
            raise KeyError(1)

        @unittest.expectedFailure
        def test_expected(self) -> None:
            self.fail()

        def test_fail(self) -> None:
            self.fail("no")

        def test_pass(self) -> None:
            pass

        def test_skip(self) -> None:
            self.skipTest("later")

        def test_sub(self) -> None:
            for number in (0, 1, 2):
                with self.subTest(n=number):
                    if number:
                        self.fail("no")

        @unittest.expectedFailure
        def test_unexpected(self) -> None:
            pass

    class Unready(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            raise KeyError(1)

        def test_it(self) -> None:
            pass


def test_how_a_test_of_unittest_ended_is_told_by_the_first_that_was_bad() -> None:
    lines, result = tell(Cases.Ends)
    told = {line["test"].rpartition("_")[2]: line for line in lines if "test" in line}
    ends = {name: (line["outcome"], line["message"].partition("\n")[0]) for name, line in told.items()}
    outcome, message = ends.pop("sub")
    assert (outcome, message.partition(") (")[2]) == ("failed", "n=1): AssertionError: no")
    assert ends == {
        "cleanup": ("failed", "AssertionError: left"),
        "error": ("error", "KeyError: 1"),
        "expected": ("skipped", "It failed, as it was expected to."),
        "fail": ("failed", "AssertionError: no"),
        "pass": ("passed", ""),
        "skip": ("skipped", "later"),
        "unexpected": ("failed", "It was expected to fail, and passed."),
    }
    assert [line["began"] for line in lines if "began" in line] == [line["test"] for line in told.values()]
    assert all(0 <= line["seconds"] < 60 for line in told.values())
    assert result.replaced == {"TestCase.fail"}
    assert not result.wasSuccessful()


def test_what_fails_before_a_class_has_a_line_of_its_own() -> None:
    (line,) = tell(Cases.Unready)[0]
    assert line["test"].startswith("setUpClass (")
    assert (line["outcome"], line["seconds"], line["message"]) == ("error", 0, "KeyError: 1\n")
