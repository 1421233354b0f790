"""Starts the processes of a function version's environments: new ones, or copies of a snapshot."""

import contextlib
import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from agenticai.emulator.engines.bootstrap_process import Process, run_bootstrap
from agenticai.emulator.engines.function import Function
from agenticai.emulator.engines.snapshot import NotRestored, Snapshot


class Starter:
    """Starts the processes of one function version's environments.

    Each is a new process, as in a cold start on AWS, until one is killed in an invocation. As more will probably be
    killed then, a snapshot is prepared in the background, and once it is ready, environments start as copies of it.
    This works on Linux only, where a process can find out what a copy of it would lack.
    """

    def __init__(self, function: Function, python: Path, platform: str = sys.platform) -> None:
        self.function = function
        self.snapshot: Snapshot | None = None
        self._python = python
        self._platform = platform
        self._lock = threading.Lock()
        self._imported: set[str] = set()
        self._closed = False

    def start(self, variables: Mapping[str, str], log: IO[bytes]) -> Process:
        """Start a process with these variables, its standard error in `log`."""
        if self.snapshot:
            with contextlib.suppress(NotRestored):
                return self.snapshot.restore(variables, log)
        return run_bootstrap(self.function, self._python, variables, pipes=subprocess.PIPE, log=log)

    def learn(self, modules: Iterable[str]) -> None:
        """Record which modules an invocation has imported; a snapshot imports them in advance."""
        with self._lock:
            new = set(modules) - self._imported
            self._imported |= new
            if self.snapshot and new:
                self.snapshot.learn(new)

    def prepare(self, variables: Mapping[str, str]) -> None:
        """Make a snapshot, if there is none, after an environment with these variables was killed."""
        with self._lock, contextlib.suppress(OSError):  # without a snapshot, new processes are started
            if self._platform == "linux" and not self.snapshot and not self._closed:
                self.snapshot = Snapshot(self.function, self._python, variables)
                if self._imported:
                    self.snapshot.learn(self._imported)

    def close(self) -> None:
        """Make no more copies."""
        with self._lock:
            self._closed = True
            if self.snapshot:
                self.snapshot.close()


class Starters:
    """The starters of all function versions that have environments."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starters: dict[tuple[str, ...], Starter] = {}

    def find_or_create(self, function: Function, python: Path) -> Starter:
        """Return the starter for this version with its present code, layers, variables and settings."""
        version = (function.account, function.region, function.name, function.version)
        with self._lock:
            starter = self._starters.get(version)
            if starter and dataclasses.replace(starter.function, arn=function.arn) == function:  # or by an alias's ARN
                return starter
            if starter:
                starter.close()
            self._starters[version] = starter = Starter(function, python)
            return starter

    def discard(self, starter: Starter) -> None:
        """Remove a starter, and end its snapshot."""
        with self._lock:
            self._starters = {version: other for version, other in self._starters.items() if other is not starter}
        starter.close()
