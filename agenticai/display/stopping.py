"""A bench kept up until somebody stops it."""

import signal
import threading
from collections.abc import Callable
from typing import Final

from agenticai.emulator.core.errors import EngineCrashed
from agenticai.scenarios.benches.deployed import Bench

CHECK_SECONDS: Final = 0.5
"""Between two looks at whether the engine still runs."""


def wait_until_stopped(running: Bench, look: Callable[[], None] = lambda: None) -> None:
    """Return when a signal says stop; `look` is called now and then.

    Raises EngineCrashed when the engine ends by itself.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(CHECK_SECONDS):
        if running.engine and not running.engine.running:
            raise EngineCrashed(f"{running.engine.ended_because()} Start it again with `agenticai up`.")
        look()
