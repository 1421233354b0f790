"""Detects whether tests have changed the code that runs them, as they can replace any function in their process."""

import sys
import unittest
from collections.abc import Iterator
from types import FunctionType, ModuleType

from .reporting import Report

_OF_UNITTEST = (unittest.case, unittest.suite, unittest.loader, unittest.result, unittest.runner)
ASYNCHRONOUS = "unittest.async_case"
"""The part of unittest that is slow to import, and that few tests need."""

OF_PYTEST = (
    *("_pytest.python", "_pytest.reports", "_pytest.runner", "_pytest.skipping", "_pytest.unittest"),
    *("pluggy._callers", "pluggy._hooks", "pluggy._manager", "pluggy._result"),
)


class Machinery:
    """The functions that run the tests by name, with their code at the time of construction."""

    def __init__(self, reporting: type) -> None:
        self._reporting = reporting
        self._modules = [
            *_OF_UNITTEST,
            *(sys.modules[name] for name in (ASYNCHRONOUS, *OF_PYTEST) if name in sys.modules),
        ]
        self._functions_before = dict(self._list_functions())

    def find_changed(self, result: object) -> frozenset[str]:
        """Return the names of functions that were replaced since then, or that `result` hides."""
        current = dict(self._list_functions())
        names = self._functions_before.keys() | current.keys()
        hidden = {name for name in vars(result) if isinstance(getattr(type(result), name, None), FunctionType)}
        return frozenset(hidden | {name for name in names if self._functions_before.get(name) != current.get(name)})

    def _list_functions(self) -> Iterator[tuple[str, tuple[object, object]]]:
        classes = [value for part in self._modules for value in vars(part).values() if isinstance(value, type)]
        owners: list[ModuleType | type] = [*self._modules, *classes, self._reporting, Report]
        for owner in owners:
            for name, value in vars(owner).items():
                if isinstance(value, FunctionType | classmethod | staticmethod | property | type):
                    yield f"{owner.__name__}.{name}", (value, getattr(value, "__code__", None))
