"""Replays that the dashboard starts: one at a time, each a process that ends with the dashboard."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import IO, Final

TIED: Final = (sys.executable, "-P", "-m", "agenticai.dashboard.tied")
"""Runs a command of the command line, and ends it when standard input does."""

KEPT_BYTES: Final = 64 * 1024
"""Of what a replay says, the end is shown."""


class ReplayRuns(Exception):
    """A replay runs already; wait until it has ended, or end it."""


@dataclass(frozen=True)
class ReplayState:
    """A replay that runs, or ran last; `status` is that of its process, None while it runs."""

    scenarios: tuple[str, ...]
    status: int | None
    seconds: float
    said: str

    @property
    def running(self) -> bool:
        """Whether it goes on."""
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
            return ReplayState(self.scenarios, None, monotonic() - self._began, self._said())
        if self._ended is None:
            self._ended = ReplayState(self.scenarios, status, monotonic() - self._began, self._said())
            self._log.close()
            self._let_go()
        return self._ended

    def _said(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), KEPT_BYTES, max(0, size - KEPT_BYTES)).decode(errors="replace")

    def end(self) -> None:
        self._let_go()
        self.process.wait()

    def _let_go(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()


class Replays:
    """Starts replays, and tells how the one that runs, or ran last, is getting on. Several threads may ask."""

    def __init__(self, command: Sequence[str] = TIED) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._replay: _Replay | None = None

    def start(self, scenarios: Sequence[str]) -> None:
        """Start a replay of these scenarios, of the whole library if there are none. Raises ReplayRuns, OSError."""
        with self._lock:
            if self._replay and self._replay.state().running:
                raise ReplayRuns("A replay is already running: wait until it ends, or end it.")
            self._replay = _Replay(scenarios, self._command)

    def state(self) -> ReplayState | None:
        """Return the replay that runs, or ran last; None before the first one."""
        with self._lock:
            return self._replay.state() if self._replay else None

    def end(self) -> None:
        """End the replay that runs, if one does, and return when it is gone with its engines."""
        with self._lock:
            if self._replay:
                self._replay.end()
