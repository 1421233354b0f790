"""Starts the process that runs a function's bootstrap, and defines its interface."""

import importlib.util
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Protocol

from agenticai.emulator.engines.function import Function

BOOTSTRAP = Path(__file__).with_name("lambda_bootstrap.py")
TIME_MACHINE = Path(str(importlib.util.find_spec("time_machine").origin)).parents[1]  # type: ignore[union-attr]


class Process(Protocol):
    """The interface of an execution environment's process, named as in Popen."""

    @property
    def pid(self) -> int:
        """The process id, which is also its session id."""
        ...

    @property
    def stdin(self) -> IO[str] | None:
        """The stream to which requests are written."""
        ...

    @property
    def stdout(self) -> IO[str] | None:
        """The stream from which outcomes are read."""
        ...

    def poll(self) -> int | None:
        """Return the exit status, or minus the number of the signal, or None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends, and return its exit status; raises subprocess.TimeoutExpired."""
        ...


def run_bootstrap(
    function: Function,
    python: Path,
    variables: Mapping[str, str],
    *options: str,
    pipes: int,
    log: int | IO[bytes],
    pass_fds: Collection[int] = (),
) -> "subprocess.Popen[str]":
    """Start the bootstrap in its own session.

    `pipes` is subprocess.PIPE or DEVNULL, for standard input and output; `log` is for standard error, and `pass_fds`
    are other descriptors that it inherits.
    """
    return subprocess.Popen(
        [python, "-I", "-u", "-X", "utf8", BOOTSTRAP, *options, TIME_MACHINE, *function.layers],
        cwd=function.task_root,
        env=dict(variables),
        stdin=pipes,
        stdout=pipes,
        stderr=log,
        start_new_session=True,
        pass_fds=pass_fds,
        text=True,
        encoding="utf-8",
    )
