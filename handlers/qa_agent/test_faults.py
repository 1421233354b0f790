"""Finds faults in the results of a revision's tests: failures, missing tests, and tests that check too little."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from qa_agent.analysers.port import Fault
from qa_agent.evidence import LANGUAGES, Evidence, find_weakened
from qa_agent.modules import find_imported
from shared.models.runs import TestedTest, TestsRun
from shared.models.severity import Severity
from shared.source_files import detect_language, is_test

TEST: Final = "test"
MISSING: Final = "test-missing"
WEAK: Final = "test-weak"
WEAKENED: Final = "test-weakened"

BAD: Final = ("failed", "error")

_ADDRESS: Final = re.compile(r"\b0x[0-9a-f]{6,}\b")
_SHOWN_LINES: Final = 12
_NOT_COLLECTED: Final = re.compile(r"^(?:test.*|.*_test)\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$")


def find_test_faults(files: Mapping[str, str], evidence: Evidence, broken: Collection[str] = ()) -> list[Fault]:
    """Return the faults of a revision's tests, as far as they could be run.

    Tests that fail only because a file is `broken` are omitted, as that is a fault of its own.
    """
    runs = [run for run in evidence.runs if not run.not_run]
    return [
        *(fault for run in runs for fault in _find_run_faults(run, files, broken)),
        *_find_missing(files, evidence),
        *_find_weakened_tests(runs, evidence, files),
    ]


def find_related(fault: Fault, files: Mapping[str, str], evidence: Evidence) -> tuple[str, ...]:
    """Return other files that may cause a failing test: those in its traceback, then those that it imports."""
    if fault.rule not in (TEST, WEAKENED):
        return ()
    traceback_paths = [
        frame.path
        for run in evidence.runs
        for test in run.tests
        if test.outcome in BAD and _find_path(test, files) == fault.path
        for frame in reversed(test.frames)
    ]
    related = dict.fromkeys((*traceback_paths, *find_imported(fault.path, files)))
    return tuple(path for path in related if path in files and path != fault.path)


def _find_run_faults(run: TestsRun, files: Mapping[str, str], broken: Collection[str]) -> Iterator[Fault]:
    failing = [test for test in run.tests if test.outcome in BAD]
    yield from (_report_failing(test, files) for test in failing if not _is_blocked(test, files, broken))
    test_paths = [path for path in files if is_test(path) and detect_language(path) in LANGUAGES[run.language]]
    if run.trouble and not failing and test_paths:
        yield Fault(test_paths[0], 1, TEST, Severity.ERROR, run.trouble)
    yield from _find_without_checks(run, files)
    yield from _find_unnoticed(run, files)


def _report_failing(test: TestedTest, files: Mapping[str, str]) -> Fault:
    path = _find_path(test, files)
    file_frames = [frame for frame in test.frames if frame.path == path]
    in_test = [frame for frame in file_frames if frame.function == test.id.partition("[")[0].rpartition(".")[2]]
    line = (in_test or file_frames)[-1].line if file_frames else test.line
    beyond = [frame for frame in test.frames if frame.path != path]
    origin = f" (raised at {beyond[-1].path}:{beyond[-1].line}, in {beyond[-1].function})" if beyond else ""
    verb = "fails" if test.outcome == "failed" else "ends with an error"
    return Fault(path, line, TEST, Severity.ERROR, f"{test.id} {verb}: {_normalize_message(test.message)}{origin}")


def _is_blocked(test: TestedTest, files: Mapping[str, str], broken: Collection[str]) -> bool:
    """Return whether a test needs a file that no parser can read."""
    path = _find_path(test, files)
    return bool({path, *(frame.path for frame in test.frames), *find_imported(path, files)}.intersection(broken))


def _find_path(test: TestedTest, files: Mapping[str, str]) -> str:
    """Return the file to report: the test's, or else the last one of the project in the traceback."""
    candidates = (test.path, *(frame.path for frame in reversed(test.frames)), *filter(is_test, files), *files)
    return next(path for path in candidates if path in files)


def _normalize_message(message: str) -> str:
    """Return a message that is the same in every run, without memory addresses, shortened to a few lines."""
    lines = _ADDRESS.sub("0x...", message).strip().splitlines()
    return "\n".join(lines[:_SHOWN_LINES]) or "it says nothing"


def _find_missing(files: Mapping[str, str], evidence: Evidence) -> Iterator[Fault]:
    """Yield the planned test files in which no test was found."""
    for run in evidence.runs:
        if run.not_run or run.trouble.startswith("The run ended"):
            continue
        collected = {*run.written, *(test.path for test in run.tests)}
        for path in sorted(evidence.planned):
            name = path.rpartition("/")[2]
            is_collectable = detect_language(path) in LANGUAGES[run.language] and _NOT_COLLECTED.search(name)
            if is_collectable and path in files and path not in collected:
                yield Fault(path, 1, MISSING, Severity.ERROR, "the plan asks for tests here, and no test is found")
    gone = sorted(path for path in evidence.planned if path not in files)
    if gone and files:
        where = next((path for path in files if is_test(path)), next(iter(files)))
        yield Fault(where, 1, MISSING, Severity.ERROR, f"the plan asks for tests that are not there: {', '.join(gone)}")


def _find_without_checks(run: TestsRun, files: Mapping[str, str]) -> Iterator[Fault]:
    passed = [test for test in run.tests if test.outcome == "passed"]
    idle = [test for test in passed if test.checks == 0]
    severity = Severity.ERROR if idle and len(idle) == len(passed) else Severity.WARNING
    for test in idle:
        yield Fault(
            _find_path(test, files), test.line, WEAK, severity, f"{test.id} checks nothing: it passes whatever is done"
        )


def _find_unnoticed(run: TestsRun, files: Mapping[str, str]) -> Iterator[Fault]:
    called = [function for function in run.emptied if function.called and function.path in files]
    unnoticed = [function for function in called if not function.noticed]
    severity = Severity.ERROR if unnoticed and len(unnoticed) == len(called) else Severity.WARNING
    for function in unnoticed:
        message = f"all tests pass when {function.name} does nothing, although they call it: check what it does"
        yield Fault(function.path, function.line, WEAK, severity, message)


def _find_weakened_tests(runs: list[TestsRun], evidence: Evidence, files: Mapping[str, str]) -> Iterator[Fault]:
    tests = {test.id: test for run in runs for test in run.tests}
    earlier_tests = {test.id: test for report in evidence.earlier for run in report.runs for test in run.tests}
    for test_id, weakening in find_weakened(runs, evidence.earlier).items():
        test = tests.get(test_id, earlier_tests[test_id])
        message = f"{test_id} failed, and was not mended: it {weakening}; mend the code, and have the test as it was"
        yield Fault(_find_path(test, files), test.line, WEAKENED, Severity.ERROR, message)
