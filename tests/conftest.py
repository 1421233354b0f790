"""What holds for every test: how fast the machine is decides nothing."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.contracts import HeldEngine

# A busy machine is no fault of what is tested. Strategies are kept cheap all the same: the statistics tell
# (`--hypothesis-show-statistics`).
settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What the test starts hears Ctrl-C, too, where the tests run in the background of a shell that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot be asked of an engine, and mark what it is known to do otherwise."""
    left_out = {item for item in items if not _is_asked(item)}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def _is_asked(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function):
        return True
    held = getattr(item.module, "HELD", None)
    return held.mark(item) if isinstance(held, HeldEngine) else True
