"""Keeps an engine running until a user stops it."""

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agenticai.emulator.core.errors import EngineCrashed

if TYPE_CHECKING:
    from agenticai.emulator.process import Engine

CHECK_SECONDS: Final = 0.5
"""The interval between checks that the engine is still running."""


def catch_stop() -> threading.Event:
    """Return an event that is set by a signal to stop from now on; the process goes on."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def wait_until_stopped(
    engine: "Engine | None", look: Callable[[], None] = lambda: None, stopped: threading.Event | None = None
) -> None:
    """Return when a signal to stop arrives, or has arrived since `stopped` was created; `look` is called at intervals.

    Raises EngineCrashed if the engine ends by itself.
    """
    stopped = stopped or catch_stop()
    while not stopped.wait(CHECK_SECONDS):
        if engine and not engine.running:
            raise EngineCrashed(f"{engine.describe_end()} Start it again with `agenticai up`.")
        look()
