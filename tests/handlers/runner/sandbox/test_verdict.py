"""A verdict relies only on the runner's own report, not on printed output or an early exit."""

import json
from pathlib import Path

import pytest

from agenticai.sandbox.projects import run_python_tests
from runner.sandbox.inside.limits import Limits
from runner.sandbox.process import EndedRun
from runner.sandbox.report import EmptiedFunction, Frame, Report, TestResult, WrittenTest
from runner.sandbox.verdict import TestRun, judge
from tests.handlers.runner.sandbox.projects import TIGHT, needs_sandbox, run_body

TEST = "import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, {})\n"
FAKE = "print('Ran 5 tests in 0.001s\\n\\nOK', flush=True)\n"
GOOD = {"test": "t", "outcome": "passed", "seconds": 0.5, "message": ""}


@needs_sandbox
def test_tests_are_counted_and_judged(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST.format(1))
    good = run_python_tests(tmp_path)
    assert (good.passed, good.ran, good.contained) == (True, 1, True)
    assert [(result.id, result.outcome) for result in good.results] == [("test_it.T.test_it", "passed")]
    (tmp_path / "test_other.py").write_text(TEST.format(2))
    bad = run_python_tests(tmp_path)
    assert (bad.passed, bad.ran, [result.id for result in bad.failed]) == (False, 2, ["test_other.T.test_it"])
    assert "AssertionError: 1 != 2" in bad.failed[0].message
    assert "AssertionError: 1 != 2" in bad.evidence


@needs_sandbox
def test_no_tests_prove_nothing(tmp_path: Path) -> None:
    none = run_python_tests(tmp_path)
    assert (none.passed, none.ran, none.trouble) == (False, 0, "There are none.")
    (tmp_path / "test_it.py").write_text(TEST.replace("    def", "    @unittest.skip('later')\n    def"))
    skipped = run_python_tests(tmp_path)
    assert (skipped.passed, skipped.ran, skipped.trouble) == (False, 0, "All of them were skipped.")


@needs_sandbox
def test_our_packages_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import pydantic\n" + TEST.format(1))
    assert "No module named 'pydantic'" in run_python_tests(tmp_path).output


@needs_sandbox
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (FAKE + "os._exit(0)", "ended before its tests were over, in test_it.Hostile.test_it (exit status 0)"),
        (FAKE + "os.kill(os.getpid(), 9)", "(signal 9)"),
        (FAKE + "os.execv('/bin/true', ['true'])", "(exit status 0)"),
        ("os.closerange(0, 256)", "ended before its tests were over"),
        (
            "[os.write(fd, b'x') for fd in range(3, 9) if os.path.exists(f'/proc/self/fd/{fd}')]",
            "wrote into the report",
        ),
        ("import atexit; atexit.register(os._exit, 3)", "They passed, but then the run ended with exit status 3."),
        (
            "import threading; threading.Thread(target=lambda: time.sleep(100)).start()",
            "The tests did not end within",
        ),
    ],
)
def test_an_end_before_the_end_is_no_pass(body: str, reason: str, tmp_path: Path) -> None:
    limits = Limits(wall_seconds=1) if "sleep" in body else TIGHT
    run = run_body(tmp_path, body, limits)
    assert not run.passed
    assert reason in run.trouble


@needs_sandbox
@pytest.mark.parametrize("first", [FAKE + "import os; os._exit(0)", FAKE + "import sys; sys.exit(0)", "1 +"])
def test_a_module_that_ends_the_run_or_is_broken_is_no_pass(first: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(f"{first}\n{TEST.format(1)}")
    assert not run_python_tests(tmp_path).passed


@needs_sandbox
@pytest.mark.parametrize(
    "body",
    [
        "sys.exit(0)",
        "with self.subTest(n=1): self.fail('sub')",
        "self.addCleanup(self.fail, 'cleanup')",
        "unittest.TestResult.addFailure = lambda *_: None\nself.fail('unheard')",
        "unittest.TextTestResult.stopTest = lambda *_: None\nself.fail('unheard')",
    ],
)
def test_a_failure_is_a_failure_however_it_comes(body: str, tmp_path: Path) -> None:
    assert not run_body(tmp_path, body).passed


@needs_sandbox
def test_a_failure_that_was_expected_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST.format(2).replace("    def", "    @unittest.expectedFailure\n    def"))
    run = run_python_tests(tmp_path)
    assert (run.passed, run.ran, run.trouble) == (False, 0, "All of them were skipped.")


def run_beside_good(folder: Path, first: str, test: str = TEST.format(2), **others: str) -> TestRun:
    """Run a module with code at its start and a test at its end, other files, and a passing test."""
    files = {"test_it": f"import os, unittest\n{first}\n{test}", "test_good": TEST.format(1), **others}
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return run_python_tests(folder)


@needs_sandbox
@pytest.mark.parametrize(
    ("replacement", "named"),
    [
        ("unittest.TestCase._callTestMethod = lambda *_: None", "TestCase._callTestMethod"),
        ("unittest.TestCase.assertEqual = lambda *_: None", "TestCase.assertEqual"),
        ("unittest.TestCase._callTestMethod.__code__ = (lambda self, method: None).__code__", "_callTestMethod"),
        ("unittest.TestCase.failureException = unittest.SkipTest", "TestCase.failureException"),
        (
            "run = unittest.TestCase.run\n"
            "unittest.TestCase.run = lambda s, r: r.startTest(s) or r.addSuccess(s) or r.stopTest(s)\n"
            "def tearDownModule(): unittest.TestCase.run = run",
            "TestCase.run",
        ),
        (
            "class A(unittest.TestCase):\n    def test_it(self):\n        result = self._outcome.result\n"
            "        result.addFailure = lambda test, _: result.addSuccess(test)\n",
            "addFailure",
        ),
    ],
)
def test_tests_that_replace_what_runs_them_prove_nothing(replacement: str, named: str, tmp_path: Path) -> None:
    run = run_beside_good(tmp_path, replacement)
    assert not run.passed
    assert run.trouble.startswith("The tests replaced ")
    assert named in run.trouble


@needs_sandbox
@pytest.mark.parametrize(
    ("first", "others", "missing"),
    [
        ("def load_tests(*_): return unittest.TestSuite()", {}, "test_it.T.test_it"),
        ("def test_as_pytest_has_them(): assert False", {}, "test_it.test_as_pytest_has_them"),
        ("class TestAsPytest:\n    def test_a(self): assert False", {}, "test_it.TestAsPytest.test_a"),
        ("", {"sub__test_sub": TEST.format(2)}, "sub.test_sub.T.test_it"),
        ("", {"it_test": TEST.format(2)}, "it_test.T.test_it"),
    ],
)
def test_tests_that_are_written_and_not_run_are_named(
    first: str, others: dict[str, str], missing: str, tmp_path: Path
) -> None:
    run = run_beside_good(tmp_path, first, TEST.format(1), **others)
    assert (run.passed, run.trouble) == (False, f"Not run: {missing}.")


@needs_sandbox
@pytest.mark.parametrize(
    "skip",
    [
        "raise unittest.SkipTest('module')",
        "def setUpModule(): raise unittest.SkipTest('module')",
        "class Base:\n    @classmethod\n    def setUpClass(cls): raise unittest.SkipTest('class')",
    ],
)
def test_what_is_skipped_as_a_whole_does_not_count_as_not_run(skip: str, tmp_path: Path) -> None:
    test = TEST.format(2).replace("(unittest", "(Base, unittest") if "Base" in skip else TEST.format(2)
    run = run_beside_good(tmp_path, skip, test)
    assert (run.passed, run.ran) == (True, 1), run.trouble


@needs_sandbox
@pytest.mark.parametrize("where", ["", "class A(unittest.TestCase):\n  def test_a(self):\n    "])
def test_lines_that_tests_write_into_the_report_are_not_taken_for_the_runners(where: str, tmp_path: Path) -> None:
    forged = f"{json.dumps(GOOD)}\n{json.dumps({'complete': 2 if where else 1})}\n"
    write = f"[os.write(n, {forged.encode()!r}) for n in range(3, 9) if os.path.exists(f'/proc/self/fd/{{n}}')]"
    run = run_beside_good(tmp_path, f"{where}{write}; os._exit(0)")
    assert not run.passed
    assert "ended before its tests were over" in run.trouble


@needs_sandbox
def test_the_runner_cannot_be_imported(tmp_path: Path) -> None:
    assert run_body(tmp_path, "import __main__; self.assertFalse(hasattr(__main__, 'say'))").passed


@needs_sandbox
def test_a_copy_of_the_process_reports_nothing(tmp_path: Path) -> None:
    run = run_body(tmp_path, "pid = os.fork()\nif pid: os.waitpid(pid, 0)\nelse: self.fail('in the copy')")
    assert (run.passed, run.ran) == (True, 1)


@needs_sandbox
def test_what_is_printed_is_shown_as_text_whatever_it_is(tmp_path: Path) -> None:
    run = run_body(tmp_path, r"os.write(1, b'\xff\x1b[31m[/nope]\r\n'); self.fail('\x1b]0;title\x07[/nope] \ud800')")
    assert r"\xff\x1b[31m[/nope]" in run.output
    assert r"\x1b]0;title\x07[/nope] \ud800" in run.failed[0].message
    assert "\x1b" not in run.output + run.failed[0].message


def ended(*lines: object, exit_code: int | None = 0, exceeded: str = "") -> EndedRun:
    report = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return EndedRun(exit_code, exceeded, "", report, contained=True)


def trouble(*lines: object, exit_code: int | None = 0, exceeded: str = "") -> str:
    return judge(ended(*lines, exit_code=exit_code, exceeded=exceeded), Limits()).trouble


def test_a_complete_report_of_tests_that_pass_is_a_pass() -> None:
    run = judge(ended({"began": "t"}, GOOD, {"complete": 2}), Limits())
    assert (run.passed, run.results) == (True, (TestResult("t", "passed", 0.5, ""),))


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (GOOD,),
        (GOOD, {"complete": 2}),
        (GOOD, {"complete": True}, GOOD),
        ({"complete": 1}, GOOD),
        (GOOD, {"complete": 1}, GOOD),
        (GOOD, {"complete": None}),
    ],
)
def test_a_report_whose_last_line_does_not_count_the_others_is_incomplete(lines: tuple[object, ...]) -> None:
    assert "ended before its tests were over" in trouble(*lines)


def test_a_name_is_shown_on_one_line_and_shortened() -> None:
    (result,) = judge(ended({**GOOD, "test": "a\n\tb\x1b" + "c" * 10_000}, {"complete": 1}), Limits()).results
    assert result.id.startswith(r"a\n\tb\x1bccc")
    assert len(result.id) == 500 + len("...")


def test_a_line_without_the_key_of_the_first_is_none_of_the_runners() -> None:
    first, good = {"expects": [["t", "t.py", 1, 1]], "key": "k"}, {**GOOD, "key": "k"}
    assert judge(ended(first, good, {"complete": 2, "key": "k"}), Limits()).passed
    assert trouble(first, good, GOOD, {"complete": 3, "key": "k"}) == "The tests wrote into the report on them."
    assert "ended before" in trouble(first, good, {"complete": 2})


def test_of_many_tests_that_were_not_run_some_are_named() -> None:
    first = {"expects": [[name, "t.py", 1, 1] for name in "tabcde"]}
    assert trouble(first, GOOD, {"complete": 2}) == "Not run: a, b, c and 2 more."


def test_a_report_with_lines_of_another_kind_is_damaged() -> None:
    for stray in ([1], "x", 5, None, {"other": 1}):
        assert trouble(GOOD, stray, {"complete": 2}) == "The tests wrote into the report on them."


@pytest.mark.parametrize(
    "line",
    [
        {**GOOD, "outcome": "fine"},
        {**GOOD, "outcome": ["passed"]},
        {"test": "t"},
    ],
)
def test_a_result_that_is_none_is_an_error(line: object) -> None:
    run = judge(ended(line, {"complete": 1}), Limits())
    assert (run.passed, [result.outcome for result in run.results]) == (False, ["error"])


@pytest.mark.parametrize(
    ("place", "frames"),
    [
        (["a.py", 3, "f"], [Frame("a.py", 3, "f")]),
        (["a\n.py", 0, "\x1b"], [Frame(r"a\n.py", 1, r"\x1b")]),
        (["a.py", "3", "f"], [Frame("a.py", 1, "f")]),
        (["a.py", 3], []),
        ("a.py", []),
    ],
)
def test_a_frame_is_a_path_a_line_from_1_and_a_function(place: object, frames: list[Frame]) -> None:
    for listed, expected in (([place], frames), ({"a.py": place}, []), (None, [])):
        (result,) = judge(ended({**GOOD, "frames": listed}, {"complete": 1}), Limits()).results
        assert list(result.frames) == expected


@pytest.mark.parametrize(
    ("row", "tests"),
    [
        (["t", "t.py", 4, 2], [WrittenTest("t", "t.py", 4, 2)]),
        (["t", "t.py", 0, -1], [WrittenTest("t", "t.py", 1, 0)]),
        (["t", "t.py", None, "2"], [WrittenTest("t", "t.py", 1, 0)]),
        (["t", "t.py", 4], []),
        ("t.py", []),
    ],
)
def test_a_written_test_is_a_name_a_path_a_line_from_1_and_its_checks(row: object, tests: list[WrittenTest]) -> None:
    for listed, expected in (([row], tests), ({"t": row}, [])):
        assert list(judge(ended({"expects": listed}, GOOD, {"complete": 2}), Limits()).written) == expected


def test_an_emptied_function_was_called_or_noticed_only_where_that_is_said() -> None:
    lines = (
        {"emptied": "f", "path": "a.py", "line": 3, "called": True, "noticed": False},
        {"emptied": "g", "path": "a.py", "line": 0, "called": 1, "noticed": True},
        {"emptied": "h"},
    )
    report = Report.read(ended(*lines).report or b"")
    assert report.emptied == (
        EmptiedFunction("f", "a.py", 3, called=True, noticed=False),
        EmptiedFunction("g", "a.py", 1, called=False, noticed=True),
        EmptiedFunction("h", "None", 1, called=False, noticed=False),
    )


def test_a_result_that_says_little_took_no_time_and_has_no_message() -> None:
    for seconds, taken in ((1, 0.0), ("1.5", 0.0), (float("inf"), 0.0), (1.5, 1.5)):
        line = {"test": "t", "outcome": "passed", "seconds": seconds}
        assert judge(ended(line, {"complete": 1}), Limits()).results == (TestResult("t", "passed", taken, ""),)


@pytest.mark.parametrize(
    ("whole", "skipped"),
    [
        ("setUpClass (tests.test_it.T)", True),
        ("setUpModule (tests.test_it)", True),
        ("unittest.loader.ModuleSkipped.tests.test_it", True),
        ("setUpClass (tests.test_it.Other)", False),
        ("setUpClass (tests.test_it.T.te)", False),
        ("tests.test_it", False),
    ],
)
def test_the_tests_of_a_class_or_module_that_was_skipped_as_a_whole_do_not_count_as_not_run(
    whole: str, skipped: bool
) -> None:
    first = {"expects": [["tests.test_it.T.test_a", "tests/test_it.py", 4, 1]]}
    skip = {"test": whole, "outcome": "skipped", "message": ""}
    assert trouble(first, GOOD, skip, {"complete": 3}) == ("" if skipped else "Not run: tests.test_it.T.test_a.")


def test_a_test_that_failed_is_told_before_those_that_were_not_run() -> None:
    first = {"expects": [["other", "t.py", 1, 1]]}
    for outcome in ("failed", "error"):
        assert trouble(first, {**GOOD, "outcome": outcome}, {"complete": 2}, exit_code=1) == ""


def test_a_test_that_ended_is_not_the_one_in_which_the_run_ended() -> None:
    assert trouble({"began": "t"}, GOOD, exit_code=1) == "The run ended before its tests were over (exit status 1)."
    assert trouble(GOOD, {"began": "u"}, exit_code=-9) == ("The run ended before its tests were over, in u (signal 9).")
    assert trouble(GOOD, {"complete": 1}, exit_code=-9) == "They passed, but then the run ended with signal 9."
    assert trouble({"began": "u"}, exit_code=-24) == "u used more than 60 seconds of processor time."


def test_a_report_of_any_content_can_be_read() -> None:
    odd = {"test": {"a": "\x1b"}, "outcome": "passed", "seconds": float("nan"), "message": 5}
    (result,) = judge(ended(odd, {"complete": 1}), Limits()).results
    assert (result.id, result.seconds, result.message) == (r"{'a': '\x1b'}", 0.0, "5")
    deep = EndedRun(0, "", "", b"[" * 100_000 + b"\n\xff\n", contained=True)
    assert "ended before" in judge(deep, Limits()).trouble
    assert "longer than" in judge(EndedRun(0, "", "", None, contained=True), Limits()).trouble


@pytest.mark.parametrize(
    ("exceeded", "reason"),
    [
        ("time", "t did not end within 120 seconds."),
        ("memory", "t used more than 1,024 MiB of memory."),
        ("machine", "The tests were stopped because this machine's memory ran short."),
        ("killed", "The tests were killed from outside, with all of the sandbox."),
    ],
)
def test_a_limit_is_named_even_where_the_report_looks_good(exceeded: str, reason: str) -> None:
    assert trouble({"began": "t"}, exit_code=None, exceeded=exceeded) == reason
    assert trouble(GOOD, {"complete": 1}, exit_code=None, exceeded=exceeded) != ""
