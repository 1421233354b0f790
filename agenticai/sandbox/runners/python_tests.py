"""Runs the unittest tests below the working folder, and reports each in a line of JSON on descriptor 3.

It is run as text in the sandbox, with nothing but the standard library. The names that it uses are bound before the
tests are imported, so that a test which replaces a function of a module does not replace it here. The first line says
which tests are written down, before any of their code is run; each line has the key of the first.
"""

import ast
import sys
import unittest
import unittest.async_case
from collections.abc import Iterator
from json import dumps
from os import close, dup, getpid, urandom, walk, write
from time import monotonic
from traceback import format_exception_only
from types import FunctionType, ModuleType
from typing import Any

LONGEST_MESSAGE = 8000


class Report:
    """Lines of JSON, written by this process alone: not by a copy of it that a test makes with `fork`."""

    def __init__(self) -> None:
        self.lines = 0
        self._key = urandom(16).hex()
        self._process = getpid()
        self._descriptor = dup(3)  # which, unlike 3 itself, no program that a test starts inherits
        close(3)

    def say(self, **message: object) -> None:
        """Write a line."""
        if getpid() != self._process:
            return
        line = memoryview(dumps({**message, "key": self._key}).encode() + b"\n")
        while line:
            line = line[write(self._descriptor, line) :]
        self.lines += 1


report = Report()
say = report.say


class Reporting(unittest.TextTestResult):
    """Says how each test ended; what belongs to no single test, such as a class's set-up, has a line of its own.

    `replaced` are the names of what tests changed in the machinery that runs them.
    """

    replaced: frozenset[str] = frozenset()

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's own name
        super().startTest(test)
        self.replaced |= find_changed(self)
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


def find_tests() -> Iterator[str]:
    """Yield the ids of the tests in all files that are named as tests, whether or not unittest finds them."""
    for folder, _, names in walk("."):
        for name in sorted(names):
            if name.endswith(".py") and (name.startswith("test") or name.endswith("_test.py")):
                path = f"{folder}/{name}"
                yield from list_tests(path, path[2:-3].replace("/", "."))


def list_tests(path: str, module: str) -> Iterator[str]:
    """Yield the ids of the tests in a file: methods of test cases, and what is a test to pytest alone."""
    try:
        with open(path, "rb") as file:
            body = ast.parse(file.read()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # its import fails, which is an error of its own
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    bases = {ast.unparse(base) for node in classes for base in node.bases}
    yield from (f"{module}.{name}" for name in list_functions(body, "test_"))
    for node in classes:
        if node.bases:
            is_test = any(ast.unparse(base).endswith("TestCase") for base in node.bases)
        else:
            is_test = node.name.startswith("Test") and node.name not in bases
        if is_test:
            yield from (f"{module}.{node.name}.{name}" for name in list_functions(node.body, "test"))


def list_functions(body: list[ast.stmt], prefix: str) -> list[str]:
    functions = (node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [name for name in functions if name.startswith(prefix)]


def machinery() -> dict[str, tuple[object, object]]:
    """Return every function of unittest and of this runner by its name, with its code."""
    found: dict[str, tuple[object, object]] = {}
    parts = (unittest.case, unittest.async_case, unittest.suite, unittest.loader, unittest.result, unittest.runner)
    classes = [value for part in parts for value in vars(part).values() if isinstance(value, type)]
    owners: list[ModuleType | type] = [*parts, *classes, Reporting, Report]
    for owner in owners:
        for name, value in vars(owner).items():
            if isinstance(value, FunctionType | classmethod | staticmethod | property | type):
                found[f"{owner.__name__}.{name}"] = (value, getattr(value, "__code__", None))
    return found


def find_changed(result: Reporting) -> frozenset[str]:
    """Return the names of what was replaced in the machinery since it was loaded, and of what is hidden by `result`."""
    now = machinery()
    hidden = {name for name in vars(result) if isinstance(getattr(type(result), name, None), FunctionType)}
    return frozenset(hidden | {name for name in ORIGINAL.keys() | now.keys() if ORIGINAL.get(name) != now.get(name)})


ORIGINAL = machinery()


def main() -> None:
    """Run all tests; the report ends with a line that says so."""
    sys.modules["__main__"] = ModuleType("__main__")  # which is what tests can import: not the names of this runner
    say(expects=list(find_tests()))
    sys.path.insert(0, ".")
    tests = unittest.defaultTestLoader.discover(".", top_level_dir=".")
    runner: Any = unittest.TextTestRunner
    result = runner(resultclass=Reporting).run(tests)
    say(complete=report.lines, changed=sorted(result.replaced | find_changed(result)))
    sys.exit(not result.wasSuccessful())


main()
