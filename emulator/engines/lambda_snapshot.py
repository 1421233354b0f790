"""Runs inside a snapshot: a process that has imported its handler, runs no invocations, and is forked for environments.

Standard library only, as `lambda_bootstrap`, which loads it. The idea is that of Lambda SnapStart
(https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html), and the same rules apply to state that copies must not
share (https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html). Linux only.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
from typing import Any, ClassVar

LONGEST_REQUEST = 1 << 20
"""In bytes: Lambda's variables take up to 4 KB, and the module names of a large library 100 KB."""

IMPORT_SECONDS = 60
"""The time limit for init, and for each list of modules: no thread watches the lifeline meanwhile."""


class RecordedVariables(os._Environ):  # type: ignore[type-arg]  # only `os.environ` becomes one
    """Replaces `os.environ` to record which variables are read: copies may differ only in the others."""

    read: ClassVar[set[str]] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        value: str = super().__getitem__(name)
        return value


class SnapshotServer:
    """This process, from before the handler is imported until the engine needs no more copies and all have ended.

    The engine sends the names of modules to import, or the variables of a new environment with descriptors for its
    requests, outcomes and log. This process reports whether it can be copied, when each copy starts, and how it ends.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._engine = socket.socket(fileno=descriptor)
        self._copies: dict[int, int] = {}
        """Process ids, by the descriptors that become readable when the process ends."""
        self._descriptors = len(os.listdir("/proc/self/fd"))
        os.environ.__class__ = RecordedVariables
        signal.alarm(IMPORT_SECONDS)

    def serve(self) -> None:
        """Fork whenever the engine requests it; return in the copies."""
        fit = self._report_fitness()
        engine = self._engine.fileno()
        while fit or self._copies:
            readable, _, _ = select.select([engine, *self._copies] if fit else [*self._copies], [], [])
            for descriptor in self._copies.keys() & readable:
                self._report_end(descriptor)
            if engine in readable:
                message, pipes, _, _ = socket.recv_fds(self._engine, LONGEST_REQUEST, 3, socket.MSG_CMSG_CLOEXEC)
                request = json.loads(message or "null")
                if pipes and self._fork(pipes):
                    os.environ.update(request)
                    return
                fit = request is not None and (bool(pipes) or self._import(request))
        os.killpg(0, signal.SIGKILL)  # including processes that init has started

    def _report_fitness(self) -> bool:
        """Report whether a copy would work like a new process, as far as this process can tell.

        A copy lacks its threads and child processes, and would share its files and connections.
        """
        signal.alarm(0)
        gc.collect()
        gc.freeze()  # so that garbage collections in the copies keep the memory shared
        fit = (
            len(os.listdir("/proc/self/task")) == 1
            and len(read_file("/proc/thread-self/children").split()) == len(self._copies)
            and len(os.listdir("/proc/self/fd")) == self._descriptors + len(self._copies)
        )
        self._send({"fit": fit, "read": sorted(RecordedVariables.read)})
        return fit

    def _import(self, modules: list[str]) -> bool:
        """Import modules that an environment imported in an invocation; return whether copying is still possible."""
        signal.alarm(IMPORT_SECONDS)
        for name in modules:
            with contextlib.suppress(Exception, SystemExit):  # the handler gets the error when it imports the module
                importlib.import_module(name)
        return self._report_fitness()

    def _fork(self, pipes: list[int]) -> bool:
        """Fork; return whether this is the copy, whose standard input, output and error are then the pipes."""
        pid = os.fork()
        if pid:
            self._copies[os.pidfd_open(pid)] = pid
        else:
            os.setsid()
            for target, pipe in enumerate(pipes):
                os.dup2(pipe, target)
            self._send({"started": os.getpid()})
            self._engine.close()
            for descriptor in self._copies:
                os.close(descriptor)
            os.environ.__class__ = os._Environ
        for pipe in pipes:
            os.close(pipe)
        return not pid

    def _report_end(self, descriptor: int) -> None:
        pid, status = os.waitpid(self._copies.pop(descriptor), 0)
        os.close(descriptor)
        self._send({"ended": pid, "status": os.waitstatus_to_exitcode(status)})

    def _send(self, message: dict[str, Any]) -> None:
        self._engine.sendall(json.dumps(message).encode())


def read_file(path: str) -> str:
    """Return the content of a file."""
    with open(path, encoding="utf-8") as file:
        return file.read()
