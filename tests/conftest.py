"""What holds for every test: how fast the machine is decides nothing."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

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
