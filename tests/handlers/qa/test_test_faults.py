"""Test results become findings and points; tests that were not run become neither."""

import random

import pytest

from qa_agent.analysis import analyse
from qa_agent.evidence import Evidence, find_planned_tests, run_tests
from qa_agent.modules import find_imported
from qa_agent.test_faults import find_related, find_test_faults
from shared.models.plan import Plan
from shared.models.project import Revision
from shared.models.runs import Emptied, ProjectFrame, TestedTest, TestsRun
from shared.models.severity import Severity
from shared.runners.port import RunnerEnded
from tests.fakes import replies
from tests.fakes.runner import FakeRunner

FILES = {
    "app/__init__.py": "",
    "app/store.py": "from app.keys import key\n\n\ndef add(a):\n    return key(a)\n",
    "app/keys.py": "def key(a):\n    return a\n",
    "app/other.py": "x = 1\n",
    "tests/test_store.py": "from app.store import add\n\n\ndef test_add():\n    assert add(1) == 1\n",
    "README.md": "# App\n\nIt adds, and has tests, and some more words than ten.\n",
}
PASSED = TestedTest(id="tests.test_store.test_add", outcome="passed", path="tests/test_store.py", line=4, checks=1)
FAILED = PASSED.model_copy(
    update={
        "outcome": "failed",
        "message": "AssertionError: <Store at 0x7f00aa11bb22> is not 1\n",
        "frames": (
            ProjectFrame(path="tests/test_store.py", line=5, function="test_add"),
            ProjectFrame(path="app/keys.py", line=2, function="key"),
        ),
    }
)


def run(*tests: TestedTest, **fields: object) -> TestsRun:
    return TestsRun(language="python", tests=tests, collected=len(tests), written=("tests/test_store.py",)).model_copy(
        update=fields
    )


def told(evidence: Evidence) -> list[tuple[str, int, str, Severity]]:
    return [(fault.path, fault.line, fault.rule, fault.severity) for fault in find_test_faults(FILES, evidence)]


def test_part(evidence: Evidence) -> tuple[bool, float, str]:
    (part,) = [part for part in analyse(Revision(build=1), FILES, evidence).parts if part.name == "tests"]
    return part.measured, part.points, part.explanation


test_part.__test__ = False  # type: ignore[attr-defined]


def test_a_failing_test_is_an_error_at_its_line_with_the_way_and_no_addresses() -> None:
    (fault,) = find_test_faults(FILES, Evidence(runs=(run(FAILED),)))
    assert (fault.path, fault.line, fault.severity) == ("tests/test_store.py", 5, Severity.ERROR)
    assert fault.message == (
        "tests.test_store.test_add fails: AssertionError: <Store at 0x...> is not 1 (raised at app/keys.py:2, in key)"
    )


def test_the_cause_may_be_in_what_was_on_the_way_and_in_what_the_test_imports() -> None:
    evidence = Evidence(runs=(run(FAILED),))
    (fault,) = find_test_faults(FILES, evidence)
    assert find_related(fault, FILES, evidence) == ("app/keys.py", "app/store.py")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from app import store\n", ("app/store.py", "app/__init__.py", "app/keys.py")),
        ("import app.store as s, os\n", ("app/store.py", "app/keys.py")),
        ("from .. import helper\nfrom ..app.store import (\n    add,\n)\n", ("app/store.py", "app/keys.py")),
        ("import json\nfrom pathlib import Path\n", ()),
    ],
)
def test_imports_of_the_project_are_found(source: str, found: tuple[str, ...]) -> None:
    assert find_imported("tests/test_x.py", FILES | {"tests/test_x.py": source}) == found


def test_imports_of_javascript_are_found() -> None:
    files = {"src/a.js": "import './b.mjs'", "src/b.mjs": "", "test/a.test.js": "const a = require('../src/a')"}
    assert find_imported("test/a.test.js", files) == ("src/a.js", "src/b.mjs")


def test_a_test_that_only_fails_because_a_file_cannot_be_parsed_is_no_fault_of_its_own() -> None:
    evidence = Evidence(runs=(run(FAILED),))
    assert find_test_faults(FILES, evidence, {"app/store.py"}) == []
    assert find_test_faults(FILES, evidence, {"app/other.py"}) != []


def test_trouble_is_an_error_and_takes_all_points() -> None:
    evidence = Evidence(runs=(run(PASSED, trouble="The tests did not end within 60 seconds."),))
    assert told(evidence) == [("tests/test_store.py", 1, "test", Severity.ERROR)]
    assert test_part(evidence)[:2] == (True, 0.0)


def test_tests_that_the_plan_asked_for_and_that_are_not_there_are_errors() -> None:
    assert told(Evidence(runs=(run(),), planned=frozenset({"tests/test_store.py"}))) == []
    empty = run().model_copy(update={"written": ()})
    planned = frozenset({"tests/test_store.py", "tests/__init__.py", "tests/test_gone.py"})
    faults = find_test_faults(FILES, Evidence(runs=(empty,), planned=planned))
    assert [(fault.path, fault.rule) for fault in faults] == [
        ("tests/test_store.py", "test-missing"),
        ("tests/test_store.py", "test-missing"),
    ]
    assert faults[1].message == "the plan asks for tests that are not there: tests/__init__.py, tests/test_gone.py"


def test_the_planned_tests_are_those_of_the_plan() -> None:
    assert find_planned_tests(Plan.model_validate(replies.PLAN)) == {"test_greet.py"}


def test_tests_that_check_nothing_are_weak_and_an_error_if_there_are_no_others() -> None:
    idle = PASSED.model_copy(update={"id": "tests.test_store.test_idle", "checks": 0})
    assert told(Evidence(runs=(run(PASSED, idle),))) == [("tests/test_store.py", 4, "test-weak", Severity.WARNING)]
    assert told(Evidence(runs=(run(idle),))) == [("tests/test_store.py", 4, "test-weak", Severity.ERROR)]
    assert test_part(Evidence(runs=(run(PASSED, idle),)))[1] == 7.5


def test_what_can_be_emptied_unnoticed_is_weak_and_an_error_if_nothing_is_noticed() -> None:
    noticed = Emptied(path="app/store.py", line=4, name="add", called=True, noticed=True)
    unnoticed = Emptied(path="app/keys.py", line=1, name="key", called=True, noticed=False)
    uncalled = Emptied(path="app/keys.py", line=9, name="more", called=False, noticed=False)
    some = Evidence(runs=(run(PASSED, emptied=(noticed, unnoticed, uncalled)),))
    assert told(some) == [("app/keys.py", 1, "test-weak", Severity.WARNING)]
    assert test_part(some)[1] == 7.5
    none = Evidence(runs=(run(PASSED, emptied=(unnoticed, uncalled)),))
    assert told(none) == [("app/keys.py", 1, "test-weak", Severity.ERROR)]
    assert told(Evidence(runs=(run(PASSED, emptied=(uncalled,)),))) == []


@pytest.mark.parametrize(
    ("now", "how"),
    [
        ((), "was taken away"),
        ((PASSED.model_copy(update={"outcome": "skipped"}),), "is skipped"),
        ((PASSED.model_copy(update={"checks": 1}),), "checks 1 things and no longer 2"),
    ],
)
def test_a_test_that_failed_and_now_says_less_was_not_mended(now: tuple[TestedTest, ...], how: str) -> None:
    failed = FAILED.model_copy(update={"checks": 2})
    before = analyse(Revision(build=1), FILES, Evidence(runs=(run(failed),)))
    (fault,) = find_test_faults(FILES, Evidence(runs=(run(*now),), earlier=(before,)))
    assert (fault.rule, fault.severity) == ("test-weakened", Severity.ERROR)
    assert how in fault.message


def test_a_test_that_passed_before_or_checks_as_much_as_then_is_not_weakened() -> None:
    reports = [analyse(Revision(build=1), FILES, Evidence(runs=(run(test),))) for test in (PASSED, FAILED)]
    assert told(Evidence(runs=(run(PASSED),), earlier=tuple(reports))) == []
    assert told(Evidence(runs=(run(),), earlier=(reports[0],))) == []


def test_what_was_not_run_is_neither_measured_nor_a_finding() -> None:
    evidence = Evidence(runs=(TestsRun(language="python", not_run="not runnable here: needs numpy"),))
    assert told(evidence) == []
    assert test_part(evidence) == (False, 0.0, "the tests were not run: python: not runnable here: needs numpy")
    assert analyse(Revision(build=1), FILES, evidence).passed


def test_tests_that_pass_earn_all_points() -> None:
    assert test_part(Evidence(runs=(run(PASSED),)))[:2] == (True, 15.0)


def test_only_languages_with_tests_are_run_and_what_is_too_large_is_not() -> None:
    runner = FakeRunner()
    assert run_tests(runner, "p", {"a.py": b"", "b.go": b"", "b_test.go": b""}) == ()
    (python,) = run_tests(runner, "p", {"a.py": b"", "test_a.py": b""})
    assert [asked.language for asked in runner.asked] == ["python"]
    assert python.collected == 1
    noise = {f"{number}.bin": random.Random(number).randbytes(500_000) for number in range(10)}
    (large,) = run_tests(runner, "p", {"test_a.py": b"", **noise})
    assert "more than the 4,194,304 of a run" in large.not_run


def test_what_ends_the_runner_has_not_passed() -> None:
    class Ending(FakeRunner):
        def run(self, request: object) -> TestsRun:
            raise RunnerEnded("exit status 137")

    (ended,) = run_tests(Ending(), "p", {"test_a.py": b""})
    assert ended.trouble == "The tests ended what runs them: exit status 137."


def test_only_files_that_a_runner_collects_can_lack_their_tests() -> None:
    for language, path, missed in (
        ("python", "tests/test_a.py", 1), ("python", "a_test.py", 1), ("python", "tests/data.py", 0),
        ("node", "a.test.js", 1),
        ("node", "a.spec.mjs", 1), ("node", "a.test.cjs", 1), ("node", "a.test.ts", 1), ("node", "a.spec.tsx", 1),
        ("node", "a.test.jsx", 1), ("node", "a.test.mts", 1), ("node", "tests/a.js", 0), ("python", "a.test.js", 0),
        ("node", "test_a.py", 0), ("python", "tests/test_a.txt", 0),
    ):  # fmt: skip
        evidence = Evidence(runs=(TestsRun.model_validate({"language": language}),), planned=frozenset({path}))
        faults = find_test_faults({path: ""}, evidence)
        assert [(fault.path, fault.line, fault.rule, fault.severity) for fault in faults] == (
            [(path, 1, "test-missing", Severity.ERROR)] * missed
        ), path
    planned = frozenset({"test_a.py"})
    for fields in ({"trouble": "The run ended early."}, {"not_run": "no"}, {"written": ("test_a.py",)}):
        ended = TestsRun.model_validate({"language": "python", **fields})
        assert "test-missing" not in [
            one.rule for one in find_test_faults({"test_a.py": ""}, Evidence((ended,), planned))
        ]
    assert find_test_faults({}, Evidence((run(),), planned)) == []


def test_a_message_is_told_without_addresses_and_in_twelve_lines() -> None:
    for message, shown in (
        ("<A at 0x7f00aa> is", "<A at 0x...> is"),
        ("<A at 0x7f00a> is", "<A at 0x7f00a> is"),
        ("a0x7f00aa11", "a0x7f00aa11"),
        ("\n" + "x\n" * 13, "\n".join("x" * 12)),
        (" \n", "it says nothing"),
    ):
        (fault,) = find_test_faults(
            FILES, Evidence(runs=(run(PASSED.model_copy(update={"outcome": "error", "message": message})),))
        )
        assert fault.message == f"tests.test_store.test_add ends with an error: {shown}"


def test_a_failure_is_told_at_the_last_line_of_the_test_itself() -> None:
    def line(*frames: tuple[str, int, str], name: str = "T.test_a[x.y]") -> tuple[str, int, str]:
        places = tuple(ProjectFrame(path=path, line=number, function=function) for path, number, function in frames)
        test = FAILED.model_copy(update={"id": name, "frames": places, "message": "m"})
        (fault,) = find_test_faults(FILES, Evidence(runs=(run(test),)))
        return fault.path, fault.line, fault.message.partition("m")[2]

    own = "tests/test_store.py"
    assert line() == (own, 4, "")
    assert line((own, 5, "test_a"), (own, 7, "check")) == (own, 5, "")
    assert line((own, 5, "setUp"), (own, 7, "check")) == (own, 7, "")
    assert line((own, 5, "test_a"), ("app/store.py", 3, "add"), ("app/keys.py", 2, "key")) == (
        own, 5, " (raised at app/keys.py:2, in key)"
    )  # fmt: skip


def test_the_file_of_a_test_that_is_nowhere_is_the_last_on_its_way_or_any_test() -> None:
    gone = FAILED.model_copy(update={"path": "gone.py"})
    for test, path in (
        (gone, "app/keys.py"),
        (gone.model_copy(update={"frames": ()}), "tests/test_store.py"),
        (
            gone.model_copy(update={"frames": (ProjectFrame(path="/usr/x.py", line=1, function="f"),)}),
            "tests/test_store.py",
        ),
    ):
        (fault,) = find_test_faults(FILES, Evidence(runs=(run(test),)))
        assert fault.path == path


def test_what_was_weakened_is_held_against_every_earlier_round() -> None:
    report = analyse(Revision(build=1), {}, Evidence())

    def faults(before: TestedTest, *now: TestedTest, **fields: object) -> list[str]:
        earlier = report.model_copy(update={"runs": (run(before),)})
        found = find_test_faults(FILES, Evidence(runs=(run(*now, **fields),), earlier=(earlier,)))
        return [fault.message for fault in found if fault.rule == "test-weakened"]

    failed = FAILED.model_copy(update={"checks": 2})
    words = (
        "tests.test_store.test_add failed, and was not mended: it was taken away; "
        "mend the code, and have the test as it was"
    )
    assert faults(failed) == [words]
    assert faults(failed.model_copy(update={"outcome": "error"})) == [words]
    for harmless in ({"checks": 0}, {"checks": None}, {"outcome": "skipped"}, {"outcome": "passed"}):
        assert faults(failed.model_copy(update=harmless)) == []
    assert faults(failed, failed) == faults(failed, PASSED.model_copy(update={"checks": None})) == []
    assert faults(failed, not_run="no") == []
    uncollected = failed.model_copy(update={"id": "tests.test_store", "outcome": "error", "checks": None})
    assert faults(failed, uncollected) == []
    assert faults(failed, uncollected.model_copy(update={"path": "app/store.py"})) == [words]
    assert faults(failed, uncollected.model_copy(update={"outcome": "failed"})) == [words]


def test_tests_are_run_in_every_language_that_has_some() -> None:
    for path, language in (
        ("test_a.py", "python"),
        ("a.test.js", "node"),
        ("a.spec.ts", "node"),
        ("tests/a.mjs", "node"),
    ):
        runner = FakeRunner()
        run_tests(runner, "p", {path: b"x"})
        assert [(asked.language, asked.project_id, asked.weakness) for asked in runner.asked] == [(language, "p", True)]
    for path in ("a.py", "a.go", "a_test.go", "tests/a.html"):
        runner = FakeRunner()
        assert (run_tests(runner, "p", {path: b"x"}), runner.asked) == ((), [])
