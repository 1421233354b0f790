"""The engine's side of a snapshot: an initialised process, and its copies, which run environments."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any

from agenticai.emulator.engines.bootstrap_process import run_bootstrap
from agenticai.emulator.engines.function import Function
from agenticai.emulator.engines.lambda_bootstrap import SNAPSHOT

COPY_SECONDS = 5.0  # a hundred times the usual duration
LONGEST_NEWS = 1 << 16  # bytes: the message lists the variables that init has read


class NotRestored(Exception):
    """The snapshot cannot be copied, or not now: start a new process instead."""


class RestoredProcess:
    """A copy of a snapshot, its parent, which reports on it. It is a `Process`."""

    def __init__(self, stdin: IO[str], stdout: IO[str]) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.started: Future[int] = Future()
        """Its process id, once it leads its own session."""
        self.ended: Future[int] = Future()
        """Its exit status."""

    @property
    def pid(self) -> int:
        """The process id, which is also its session id."""
        return self.started.result()

    def poll(self) -> int | None:
        """Return the exit status, or minus the number of the signal, or None while it runs."""
        return self.ended.result() if self.ended.done() else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends, and return its exit status; raises subprocess.TimeoutExpired."""
        try:
            return self.ended.result(timeout)
        except TimeoutError as error:
            raise subprocess.TimeoutExpired("a copy of a snapshot", timeout or 0.0) from error


class Snapshot:
    """A process that has imported a function's handler and runs no invocation: preparing <-> ready -> closed.

    It is preparing during init, and while it imports further modules. If it finds that it cannot be copied, it is never
    ready. When closed, or when the engine's process ends, it makes no more copies and ends with the last one.
    """

    def __init__(self, function: Function, python: Path, variables: Mapping[str, str]) -> None:
        """Start the process; raises OSError if that fails."""
        self._variables = variables
        self._request_lock = threading.Lock()
        self._requests_sent, self._replies_received, self._fit = 1, 0, True
        self._read_by_init: Collection[str] = ()
        self._starting: RestoredProcess | None = None
        self._copies: dict[int, RestoredProcess] = {}
        self._socket, child_socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        option, devnull = f"{SNAPSHOT}{child_socket.fileno()}", subprocess.DEVNULL
        try:
            self._process = run_bootstrap(
                function, python, variables, option, pipes=devnull, log=devnull, pass_fds=[child_socket.fileno()]
            )
        except OSError:
            self._socket.close()
            raise
        finally:
            child_socket.close()
        threading.Thread(target=self._listen, daemon=True, name=f"snapshot-{function.name}").start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def preparing(self) -> bool:
        """Whether it is importing."""
        return self._fit and self._replies_received < self._requests_sent

    def learn(self, modules: Collection[str]) -> None:
        """Import more modules in the background, except those that cannot be imported."""
        with self._request_lock, contextlib.suppress(OSError):  # it has ended, or the list is too long: no copies then
            self._requests_sent += 1
            self._send_request(sorted(modules))

    def restore(self, variables: Mapping[str, str], log: IO[bytes]) -> RestoredProcess:
        """Copy the process, and return when the copy runs.

        Raises NotRestored if it is preparing or cannot be copied, or if a variable that init has read differs.
        """
        with self._request_lock:
            if self.preparing or not self._fits(variables):
                raise NotRestored
            requests, stdin = os.pipe()
            stdout, outcomes = os.pipe()
            self._starting = RestoredProcess(
                os.fdopen(stdin, "w", encoding="utf-8"), os.fdopen(stdout, encoding="utf-8")
            )
            try:
                changed = {name: value for name, value in variables.items() if self._variables.get(name) != value}
                self._send_request(changed, requests, outcomes, log.fileno())
                self._starting.started.result(COPY_SECONDS)
            except (OSError, TimeoutError) as error:
                self._fit = False
                self._starting.stdin.close()
                self._starting.stdout.close()
                raise NotRestored from error
            finally:
                os.close(requests)
                os.close(outcomes)
            return self._starting

    def _fits(self, variables: Mapping[str, str]) -> bool:
        """Return whether a copy would work like a new process with these variables."""
        if self._fit and any(variables.get(name) != self._variables.get(name) for name in self._read_by_init):
            self._fit = False
            self.close()
        return self._fit

    def _send_request(self, request: object, *descriptors: int) -> None:
        socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)

    def close(self) -> None:
        """Request no more copies."""
        with contextlib.suppress(OSError):  # it was closed, or the process has ended
            self._socket.shutdown(socket.SHUT_WR)

    def _listen(self) -> None:
        with self._socket:
            while message := self._receive_message():
                self._process_message(message)
        self._fit = False
        end_session(self._process.pid)
        self._process.wait()
        for pid, copy in self._copies.items():  # there are some only if it was killed itself
            end_session(pid)
            copy.ended.set_result(-signal.SIGKILL)

    def _receive_message(self) -> dict[str, Any] | None:
        try:
            payload = self._socket.recv(LONGEST_NEWS)
        except ConnectionResetError:  # for example if it ends without reading a request
            return None
        return json.loads(payload) if payload else None

    def _process_message(self, message: dict[str, Any]) -> None:
        match message:
            case {"fit": fit, "read": read}:
                self._fit, self._read_by_init = fit, read
                self._replies_received += 1
            case {"started": pid} if self._starting:
                self._copies[pid] = self._starting
                self._starting.started.set_result(pid)
            case {"ended": pid, "status": status} if pid in self._copies:
                self._copies.pop(pid).ended.set_result(status)


def end_session(pid: int) -> None:
    """Kill a process and all that it started, if anything is left."""
    # If nothing is left, macOS raises PermissionError and Linux ProcessLookupError.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
