"""The process of an environment: requests are lines on its standard input, outcomes lines on its standard output."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOG_BYTES = 1024 * 1024
"""How much of an invocation's log is kept, as PutLogEvents accepts no more."""

EXIT_SECONDS = 5.0


class Ended(Exception):
    """The process has ended: it timed out, it exited, or its init failed with `report`."""

    def __init__(self, *, timed_out: bool = False, status: str = "", report: dict[str, Any] | None = None) -> None:
        super().__init__(status)
        self.timed_out = timed_out
        self.status = status
        self.report = report


class FunctionProcess:
    """A process in its own session, so that killing it kills what the handler started; it ends when its input ends."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
        self._began = time.monotonic()
        self._log = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._initialised = False
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read_lines, daemon=True, name=f"lambda-{self.pid}").start()

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def await_init(self, timeout_s: float) -> float | None:
        """Wait until the handler is loaded; return how long that took in ms, and None in later calls. Raises Ended."""
        if self._initialised:
            return None
        outcome = self._await_outcome(timeout_s)
        if "error" in outcome:
            self.kill()
            raise Ended(report=outcome["error"])
        self._initialised = True
        return (time.monotonic() - self._began) * 1000

    def invoke(self, request: Mapping[str, Any], event: str, timeout_s: float) -> dict[str, Any]:
        """Send an event, which is JSON, to the handler; return its `result` or `error`. Raises Ended."""
        line = json.dumps({**request, "event": json.loads(event)})
        try:
            self._stdin.write(line.encode() + b"\n")
            self._stdin.flush()
        except OSError as error:
            raise self._reap() from error
        return self._await_outcome(timeout_s)

    def take_log(self) -> str:
        """Return the output since the last call; it is complete, as the process replies after writing it."""
        descriptor = self._log.fileno()
        text = os.pread(descriptor, LOG_BYTES, 0).decode("utf-8", errors="replace")
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return text

    def kill(self) -> None:
        """Kill the process and everything that it started; its log remains."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):  # of a request that it did not read
            self._stdin.close()

    def close(self) -> None:
        """Kill the process, and delete its log."""
        self.kill()
        self._log.close()

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    def _read_lines(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker: it was asked for
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(b"")

    def _await_outcome(self, timeout_s: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty as error:
            self.kill()
            raise Ended(timed_out=True) from error
        if not line:
            raise self._reap()
        outcome: dict[str, Any] = json.loads(line)
        return outcome

    def _reap(self) -> Ended:
        try:
            status = self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:  # it closed its output and still runs
            status = 0
        self.kill()
        return Ended(status=f"exit status {status}" if status >= 0 else f"signal: {signal.Signals(-status).name}")
