"""The engine's time inside an execution environment: real time plus skipped time.

Standard library only, as `lambda_bootstrap`, which loads it; time-machine is imported at the first skip.
"""

import importlib
import sys
import threading
import time
from collections.abc import Callable


class FunctionClock:
    """The engine's time in this process: `time.time`, `datetime.now` and sleeps include skipped time."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._ahead_s = 0.0
        self._shift: Callable[[float], None] | None = None
        self._moved = threading.Condition()

    def move(self, ahead_s: float) -> None:
        """Set how many seconds the clock is ahead of real time."""
        with self._moved:
            skipped, self._ahead_s = ahead_s - self._ahead_s, ahead_s
            if skipped > 0:
                self._travel(skipped)
                self._moved.notify_all()

    def wait_until(self, moment: float) -> None:
        """Wait until a moment in epoch seconds."""
        with self._moved:
            while (left_s := moment - time.time()) > 0:
                self._moved.wait(left_s)

    def _travel(self, seconds: float) -> None:
        if self._shift is None:
            self._shift = start_travelling(self._folder, seconds)
        else:
            self._shift(seconds)


def start_travelling(folder: str, seconds: float) -> Callable[[float], None]:
    """Skip `seconds` with time-machine, and return a function that skips more.

    Nothing else can be imported from time-machine's folder, now or later; the module stays in `sys.modules`, because
    every call that reads the time looks it up there.
    """
    hidden_modules = {"pytest", "dateutil", "dateutil.parser"} - set(sys.modules)
    for name in hidden_modules:
        sys.modules[name] = None  # type: ignore[assignment]  # makes Python believe that there is no such module
    sys.path.insert(0, folder)
    try:
        time_machine = importlib.import_module("time_machine")
    finally:
        sys.path.remove(folder)
        for name in hidden_modules:
            del sys.modules[name]
    now, started = time.time(), time.monotonic()  # measured after the import, which takes a while
    shift: Callable[[float], None] = time_machine.travel(now + seconds, tick=True).start().shift
    elapsed_s = time.monotonic() - started
    time.time()  # time_machine's clock starts to run with the first call
    shift(elapsed_s)  # catch up on the time it stood still, which is long on a busy machine
    return shift
