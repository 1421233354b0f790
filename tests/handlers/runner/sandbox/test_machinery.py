"""Functions of the test runners that a test replaces are found by name, and no others."""

import unittest
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from runner.sandbox.runners.machinery import Machinery
from runner.sandbox.runners.reporting import Report


class Reporting:
    """A reporter."""

    def addFailure(self) -> None:  # noqa: N802 - unittest's own name
        """Report a failure."""


def replaced(*_: object) -> None:
    """Stand in for another function."""


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (unittest.TestCase, "fail", replaced),
        (unittest.TestCase, "failureException", unittest.SkipTest),
        (unittest.TestResult, "wasSuccessful", property(replaced)),
        (unittest.TestResult, "addError", staticmethod(replaced)),
        (unittest.TestSuite, "run", classmethod(replaced)),
        (unittest.loader.TestLoader, "loadTestsFromModule", replaced),
        (unittest.case, "_addSkip", replaced),
        (unittest.runner, "TextTestRunner", Reporting),
        (Reporting, "addFailure", replaced),
        (Report, "say", replaced),
    ],
)
def test_what_is_replaced_is_named(owner: Any, name: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    machinery = Machinery(Reporting)
    assert machinery.find_changed(Reporting()) == frozenset()
    monkeypatch.setattr(owner, name, value)
    assert f"{owner.__name__}.{name}" in machinery.find_changed(Reporting())


def test_the_code_of_a_function_that_stays_is_looked_at_and_what_is_added_or_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machinery = Machinery(Reporting)
    monkeypatch.setattr(unittest.TestCase.skipTest, "__code__", replaced.__code__)
    monkeypatch.setattr(unittest.TestCase, "added", replaced, raising=False)
    monkeypatch.delattr(unittest.TestCase, "defaultTestResult")
    names = {"TestCase.skipTest", "TestCase.added", "TestCase.defaultTestResult"}
    assert machinery.find_changed(Reporting()) == names


def test_a_result_hides_a_function_of_its_class_and_holds_what_it_likes_beside() -> None:
    result = Reporting()
    vars(result).update(addFailure=replaced, other=replaced, __doc__="words")
    assert Machinery(Reporting).find_changed(result) == {"addFailure"}
    assert Machinery(Reporting).find_changed(SimpleNamespace(addFailure=replaced)) == frozenset()


@pytest.mark.parametrize(
    "name",
    [
        *("unittest.case", "unittest.suite", "unittest.loader", "unittest.result", "unittest.runner"),
        *("unittest.async_case", "_pytest.python", "_pytest.reports", "_pytest.runner", "_pytest.skipping"),
        *("_pytest.unittest", "pluggy._callers", "pluggy._hooks", "pluggy._manager", "pluggy._result"),
    ],
)
def test_every_module_that_runs_tests_is_looked_at(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(name)
    machinery = Machinery(Reporting)
    monkeypatch.setattr(module, "added", replaced, raising=False)
    assert machinery.find_changed(Reporting()) == {f"{name}.added"}
