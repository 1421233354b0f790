"""What holds for every test: how fast the machine is decides nothing."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.contracts import HeldEngine

# A busy machine is no fault of what is tested. Strategies are kept cheap all the same: the statistics tell
# (`--hypothesis-show-statistics`).
settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

gc.set_threshold(100_000)  # nearly all that is imported and collected stays

ENGINES: Final = Path(__file__).parent / "integration"
FIRST: Final = (
    "test_localstack.py",
    "test_command_line.py",
    "test_queue_commands.py",
    "test_deploy_command.py",
    "test_tutorial.py",
    "test_workflow_steps.py",
)
"""The files that take longest, longest first: none of them is still at work when all the others are done."""


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
    items.sort(key=_turn)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # so that it is not looked through again and again while the tests run


def _turn(item: pytest.Item) -> int:
    """Return when a file has its turn: those with an engine before the others, which then fill what is left."""
    if item.path.parent != ENGINES:
        return len(FIRST) + 1
    return FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST)


def _is_asked(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function):
        return True
    held = getattr(item.module, "HELD", None)
    return held.mark(item) if isinstance(held, HeldEngine) else True
