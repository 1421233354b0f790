"""Runs tests with unittest, and reports the outcome of each."""

import unittest
from collections.abc import Callable
from time import monotonic
from traceback import format_exception_only
from typing import Any

from .machinery import Machinery
from .reporting import Frames, Report, shorten


class Reporting(unittest.TextTestResult):
    """Reports the outcome of each test; what belongs to several tests, such as a class's set-up, has its own line.

    `replaced` are the names that tests changed in the code that runs them.
    """

    def __init__(self, report: Report, machinery: Machinery, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.replaced = frozenset[str]()
        self._report = report
        self._machinery = machinery
        self._frames = Frames()
        self._running = False
        self._error_frames: list[tuple[str, int, str]] = []

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's own name
        super().startTest(test)
        self.replaced |= self._machinery.find_changed(self)
        self._report.say(began=test.id())
        self._began, self._outcome, self._message, self._error_frames = monotonic(), "", "", []
        self._running = True

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().stopTest(test)
        self._running = False
        seconds = monotonic() - self._began
        self._report_test(test, self._outcome or "failed", seconds, self._message, self._error_frames)

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addSuccess(test)
        self._record_outcome(test, "passed")

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._record_outcome(test, "skipped", "It failed, as it was expected to.")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self._record_outcome(test, "skipped", reason)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._record_outcome(test, "failed", "It was expected to fail, and passed.")

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._record_outcome(test, "failed", _describe_exception(err), err)

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self._record_outcome(test, "error", _describe_exception(err), err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._record_outcome(test, "failed", f"{subtest}: {_describe_exception(err)}", err)

    def _record_outcome(self, test: unittest.TestCase, outcome: str, message: str = "", err: Any = None) -> None:
        """Record an outcome; if a test has several, the first failure counts."""
        message, frames = shorten(message), self._frames.list_frames(err[2]) if err else []
        if not self._running:
            self._report_test(test, outcome, 0, message, frames)
        elif self._outcome not in ("failed", "error"):
            self._outcome, self._message, self._error_frames = outcome, message, frames

    def _report_test(
        self, test: unittest.TestCase, outcome: str, seconds: float, message: str, frames: list[tuple[str, int, str]]
    ) -> None:
        self._report.say(test=test.id(), outcome=outcome, seconds=seconds, message=message, frames=frames)


def _describe_exception(err: Any) -> str:
    """Return the exception without its traceback, which is in the frames."""
    return "".join(format_exception_only(*err[:2]))


def run(make_result: Callable[..., unittest.TextTestResult], **options: Any) -> Any:
    """Run all tests that unittest finds, and return the result."""
    tests = unittest.defaultTestLoader.discover(".", top_level_dir=".")
    runner: Any = unittest.TextTestRunner
    return runner(resultclass=make_result, **options).run(tests)
