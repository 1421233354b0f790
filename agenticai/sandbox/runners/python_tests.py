"""Runs the unittest tests below the working folder, and reports each in a line of JSON on descriptor 3.

It is run as text in the sandbox, with nothing but the standard library. The names that it uses are bound before the
tests are imported, so that a test which replaces a function of a module does not replace it here.
"""

import sys
import unittest
from json import dumps
from os import close, dup, getpid, write
from time import monotonic
from traceback import format_exception_only
from typing import Any

LONGEST_MESSAGE = 8000


class Report:
    """Lines of JSON, written by this process alone: not by a copy of it that a test makes with `fork`."""

    def __init__(self) -> None:
        self.lines = 0
        self._process = getpid()
        self._descriptor = dup(3)  # which, unlike 3 itself, no program that a test starts inherits
        close(3)

    def say(self, **message: object) -> None:
        """Write a line."""
        if getpid() != self._process:
            return
        line = memoryview(dumps(message).encode() + b"\n")
        while line:
            line = line[write(self._descriptor, line) :]
        self.lines += 1


report = Report()
say = report.say


class Reporting(unittest.TextTestResult):
    """Says how each test ended; what belongs to no single test, such as a class's set-up, has a line of its own."""

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's own name
        super().startTest(test)
        say(began=test.id())
        self._began, self._outcome, self._message = monotonic(), "", ""
        self._running = True

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().stopTest(test)
        self._running = False
        seconds = monotonic() - self._began
        say(test=test.id(), outcome=self._outcome or "failed", seconds=seconds, message=self._message)

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addSuccess(test)
        self._ended(test, "passed")

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._ended(test, "skipped", "It failed, as it was expected to.")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self._ended(test, "skipped", reason)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._ended(test, "failed", "It was expected to fail, and passed.")

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._ended(test, "failed", self.failures[-1][1])

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self._ended(test, "error", self.errors[-1][1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._ended(test, "failed", f"{subtest}: {''.join(format_exception_only(*err[:2]))}")

    _running = False

    def _ended(self, test: unittest.TestCase, outcome: str, message: str = "") -> None:
        """Note an outcome; of several of one test the first that is bad counts."""
        message = message[-LONGEST_MESSAGE:]
        if not self._running:
            say(test=test.id(), outcome=outcome, seconds=0, message=message)
        elif self._outcome not in ("failed", "error"):
            self._outcome, self._message = outcome, message


def main() -> None:
    """Run all tests; the report ends with a line that says so."""
    sys.path.insert(0, ".")
    tests = unittest.defaultTestLoader.discover(".", top_level_dir=".")
    runner: Any = unittest.TextTestRunner
    result = runner(resultclass=Reporting).run(tests)
    say(complete=report.lines)
    sys.exit(not result.wasSuccessful())


main()
