"""The engine's time inside an execution environment, which is real time and what was skipped of it.

Standard library only, as `lambda_bootstrap`, which loads it; time-machine comes in with the first skip.
"""

import importlib
import sys
import threading
import time
from collections.abc import Callable


class FunctionClock:
    """The engine's time in this process: every `time.time` and `datetime.now` sees what was skipped, and sleeps end."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._ahead_s = 0.0
        self._shift: Callable[[float], None] | None = None
        self._moved = threading.Condition()

    def move(self, ahead_s: float) -> None:
        """Be so many seconds ahead of real time."""
        with self._moved:
            skipped, self._ahead_s = ahead_s - self._ahead_s, ahead_s
            if skipped > 0:
                self._travel(skipped)
                self._moved.notify_all()

    def wait_until(self, moment: float) -> None:
        """Wait for a moment in epoch seconds."""
        with self._moved:
            while (left := moment - time.time()) > 0:
                self._moved.wait(left)

    def _travel(self, seconds: float) -> None:
        if self._shift is None:
            self._shift = start_travelling(self._folder, seconds)
        else:
            self._shift(seconds)


def start_travelling(folder: str, seconds: float) -> Callable[[float], None]:
    """Skip so many seconds with time-machine, and return what skips more.

    Of the folder that it is in nothing else can be imported, then or later; it stays in `sys.modules`, because every
    call that asks for the time finds it there.
    """
    absent = {"pytest", "dateutil", "dateutil.parser"} - set(sys.modules)
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # so Python is told that there is none
    sys.path.insert(0, folder)
    try:
        time_machine = importlib.import_module("time_machine")
    finally:
        sys.path.remove(folder)
        for name in absent:
            del sys.modules[name]
    now, asked = time.time(), time.monotonic()  # now that the import's time is over
    shift: Callable[[float], None] = time_machine.travel(now + seconds, tick=True).start().shift
    passed = time.monotonic() - asked
    time.time()  # a traveller's time goes on from the first question for it
    shift(passed)  # and stood still until then: long, on a busy machine
    return shift
