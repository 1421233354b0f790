"""The suites that every engine is held to, and what each engine is known to do otherwise.

A suite is a module of tests that ask whatever its fixtures name: the embedded engine in the module itself, another
engine in that engine's own module, which collects the suite once more. So each engine is started once for all suites.
What an engine is known to do otherwise must fail, and is listed in docs/engine-contract.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import pytest

STEPS: Final = "steps"
"""Marks tests of rules about time: they need a clock that can be advanced, and messages delivered one by one."""

CONTROL: Final = "control"
"""Marks tests that look at an engine through the control API of this project's gateway."""

_FIXTURE: Final = type(pytest.fixture(lambda: None))


@dataclass(frozen=True)
class HeldEngine:
    """An engine that is held to the suites; `without` names the marks of tests that cannot be asked of it.

    `differences` has, by the name of a test, what this engine does otherwise than AWS.
    """

    name: str
    without: frozenset[str]
    differences: Mapping[str, str]

    def collect(self, *suites: ModuleType) -> dict[str, object]:
        """Return the tests and fixtures of suites, for the globals of this engine's own module.

        The module names this engine as `HELD`, and defines its own fixtures after these.
        """
        found = [(name, each) for suite in suites for name, each in vars(suite).items() if _is_of(suite, name, each)]
        collected = dict(found)
        twice = {name for name, each in found if collected[name] is not each and not isinstance(each, _FIXTURE)}
        assert not twice, f"two suites have tests of one name: {twice}"
        classes = [each for each in collected.values() if isinstance(each, type)]
        known = {*collected, *(name for each in classes for name in vars(each))}
        strange = {name.partition("[")[0] for name in self.differences} - known
        assert not strange, f"{self.name} is said to differ in what no suite asks: {strange}"
        return collected

    def mark(self, item: pytest.Function) -> bool:
        """Mark a test as failing where a difference is known; return whether it is asked of this engine at all."""
        if any(item.get_closest_marker(mark) for mark in self.without):
            return False
        reason = self.differences.get(item.name) or self.differences.get(item.originalname)
        if reason:
            item.add_marker(pytest.mark.xfail(reason=f"{self.name}: {reason}", strict=True))
        return True


def _is_of(suite: ModuleType, name: str, each: object) -> bool:
    """Return whether something is a test or a fixture of a suite, and not what the suite imports."""
    return (name.startswith(("test_", "Test")) or isinstance(each, _FIXTURE)) and each.__module__ == suite.__name__


LOCALSTACK: Final = HeldEngine(
    "LocalStack",
    without=frozenset({STEPS}),
    differences={"test_the_log_of_a_function_is_kept_for_two_weeks": "the retention of a log group is ignored"},
)

BARE_MINISTACK: Final = HeldEngine("bare MiniStack", without=frozenset({STEPS, CONTROL}), differences={})
