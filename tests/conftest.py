"""Settings for all tests, so that no result depends on the machine's speed."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.contracts import HeldEngine

# A busy machine is not a fault of the code under test. Strategies are kept cheap anyway: see the statistics
# (`--hypothesis-show-statistics`).
settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

gc.set_threshold(100_000)  # nearly all imported and collected objects stay

ENGINES: Final = Path(__file__).parent / "integration"
FIRST: Final = (
    "test_localstack.py",
    "test_command_line.py",
    "test_queue_commands.py",
    "test_deploy_command.py",
    "test_tutorial.py",
    "test_workflow_steps.py",
)
"""The slowest files, the slowest first, so that none of them is still running when all others have finished."""


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let processes that tests start receive Ctrl-C, even in the background of a shell that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that do not apply to an engine, and mark its known differences."""
    left_out = {item for item in items if not _is_asked(item)}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=_turn)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # so that these objects are not scanned repeatedly while tests run


def _turn(item: pytest.Item) -> int:
    """Return a file's position: those with an engine come first, and the others then fill the remaining time."""
    if item.path.parent != ENGINES:
        return len(FIRST) + 1
    return FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST)


def _is_asked(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function):
        return True
    held = getattr(item.module, "HELD", None)
    return held.mark(item) if isinstance(held, HeldEngine) else True
