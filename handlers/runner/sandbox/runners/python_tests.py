"""Runs a project's Python tests, by unittest or pytest, whichever it uses, and reports each in a line of JSON.

The first line lists the tests in the source files, before any code runs; the last has the number of lines before it.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from . import with_unittest
from .machinery import ASYNCHRONOUS, Machinery
from .reporting import Report, forget_this_package
from .written_tests import TestFile, find_test_files, list_tests, needs_pytest


def uses_pytest(files: Sequence[TestFile]) -> bool:
    """Return whether a project's tests are run by pytest, which must be available."""
    return needs_pytest(files) and find_spec("pytest") is not None


def prepare() -> None:
    """Make imports resolve from the project's folder, and not from this package."""
    forget_this_package()
    sys.modules["__main__"] = ModuleType("__main__")  # what tests can import, without this runner's names
    sys.path[:0] = [".", *(["src"] if os.path.isdir("src") else [])]


def main() -> None:
    """Run all tests; exit with 0 if they passed."""
    report = Report()
    files = find_test_files()
    if any("IsolatedAsyncio" in file.text for file in files):
        import_module(ASYNCHRONOUS)
    written = [test for file in files for test in list_tests(file)]
    report.say(expects=[(test.id, test.path, test.line, test.checks) for test in written])
    sys.exit(_run_pytest(report) if uses_pytest(files) else _run_unittest(report))


def _run_unittest(report: Report) -> int:
    machinery = Machinery(with_unittest.Reporting)
    prepare()
    result = with_unittest.run(partial(with_unittest.Reporting, report, machinery))
    report.say(complete=report.lines, changed=sorted(result.replaced | machinery.find_changed(result)))
    return int(not result.wasSuccessful())


def _run_pytest(report: Report) -> int:
    from . import with_pytest

    reporting = with_pytest.Reporting(report.say)
    machinery = Machinery(with_pytest.Reporting)
    prepare()
    status = with_pytest.run(reporting)
    report.say(complete=report.lines, changed=sorted(machinery.find_changed(reporting)))
    return status
