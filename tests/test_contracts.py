"""How engines are tested against suites: what is collected, deselected, and expected to fail."""

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.contracts import STEPS, HeldEngine


@pytest.fixture
def asked() -> str:
    return "asked"


def test_a_rule() -> None:
    """Stands for a test of a suite, which is this module."""


def suite(name: str, **members: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


def of(name: str) -> Callable[[], None]:
    """Return a test that a module with this name defines."""

    def test() -> None: ...

    test.__module__ = name
    return test


def held(*without: str, **differences: str) -> HeldEngine:
    return HeldEngine("an engine", frozenset(without), differences)


def test_tests_and_fixtures_of_a_suite_are_collected_and_not_what_it_imports() -> None:
    here = ModuleType(__name__)
    vars(here).update(asked=asked, test_a_rule=test_a_rule, test_imported=of("another"), HELD=3, pytest=pytest)
    assert held().collect(here) == {"asked": asked, "test_a_rule": test_a_rule}


def test_what_no_suite_asks_is_no_difference() -> None:
    one = suite("one", test_it=of("one"), TestOf=type("TestOf", (), {"test_that": of("one"), "__module__": "one"}))
    assert set(held(test_it="no", **{"test_that[1]": "no"}).collect(one)) == {"test_it", "TestOf"}
    with pytest.raises(AssertionError, match=r"said to differ in what no suite asks.*test_gone"):
        held(test_gone="no").collect(one)


def test_two_suites_have_no_tests_of_one_name() -> None:
    with pytest.raises(AssertionError, match=r"two suites have tests of one name.*test_it"):
        held().collect(suite("one", test_it=of("one")), suite("two", test_it=of("two")))


def test_what_cannot_be_asked_is_left_out_and_what_differs_must_fail(request: pytest.FixtureRequest) -> None:
    item = request.node
    assert not list(item.iter_markers("xfail"))
    assert held().mark(item)
    assert not list(item.iter_markers("xfail"))
    assert held(**{item.originalname: "it passes"}).mark(item)
    (expected,) = item.iter_markers("xfail")
    assert expected.kwargs == {"reason": "an engine: it passes", "strict": True}
    item.own_markers.clear()
    item.add_marker(STEPS)
    assert not held(STEPS).mark(item)
