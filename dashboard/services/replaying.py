"""Replays started from the dashboard: one at a time, each in a process that ends with the dashboard."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import IO, Final

LIFELINE_COMMAND: Final = (sys.executable, "-P", "-m", "agenticai.dashboard.lifeline")
"""Runs a command of the command line, and ends it when standard input is closed."""

KEPT_BYTES: Final = 64 * 1024
"""How much of a replay's output is shown; the end is kept."""


class ReplayRuns(Exception):
    """A replay is running already; wait until it has ended, or end it."""


@dataclass(frozen=True)
class ReplayState:
    """The current or last replay; `status` is the exit status of its process, None while it is running."""

    scenarios: tuple[str, ...]
    status: int | None
    seconds: float
    said: str

    @property
    def running(self) -> bool:
        """Whether it is still running."""
        return self.status is None


class _Replay:
    """A replay's process, and the file that it writes to."""

    def __init__(self, scenarios: Sequence[str], command: Sequence[str]) -> None:
        self.scenarios = tuple(scenarios)
        self._began = monotonic()
        self._ended: ReplayState | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
        self.process = subprocess.Popen(
            [*command, "replay", *scenarios],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,  # Ctrl-C in the dashboard's terminal reaches it through its standard input alone
        )

    def state(self) -> ReplayState:
        status = self.process.poll()
        if status is None:
            return ReplayState(self.scenarios, None, monotonic() - self._began, self._read_output())
        if self._ended is None:
            self._ended = ReplayState(self.scenarios, status, monotonic() - self._began, self._read_output())
            self._log.close()
            self._close_input()
        return self._ended

    def _read_output(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), KEPT_BYTES, max(0, size - KEPT_BYTES)).decode(errors="replace")

    def end(self) -> None:
        self._close_input()
        self.process.wait()

    def _close_input(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()


class Replays:
    """Starts replays, and reports the state of the current or last one. Thread-safe."""

    def __init__(self, command: Sequence[str] = LIFELINE_COMMAND) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._replay: _Replay | None = None

    def start(self, scenarios: Sequence[str]) -> None:
        """Start a replay of these scenarios, or of the whole library if there are none. Raises ReplayRuns, OSError."""
        with self._lock:
            if self._replay and self._replay.state().running:
                raise ReplayRuns("A replay is already running: wait until it ends, or end it.")
            self._replay = _Replay(scenarios, self._command)

    def state(self) -> ReplayState | None:
        """Return the current or last replay; None before the first one."""
        with self._lock:
            return self._replay.state() if self._replay else None

    def end(self) -> None:
        """End the current replay, if any, and return when its process and engines have ended."""
        with self._lock:
            if self._replay:
                self._replay.end()
