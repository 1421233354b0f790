"""The process that runs a function's bootstrap: how it is started, and what is asked of it later."""

import importlib.util
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Protocol

from agenticai.emulator.engines.function import Function

BOOTSTRAP = Path(__file__).with_name("lambda_bootstrap.py")
TIME_MACHINE = Path(str(importlib.util.find_spec("time_machine").origin)).parents[1]  # type: ignore[union-attr]


class Process(Protocol):
    """What an execution environment asks of its process, in the terms of Popen."""

    @property
    def pid(self) -> int:
        """The process id, which is that of its session too."""
        ...

    @property
    def stdin(self) -> IO[str] | None:
        """Where requests are written."""
        ...

    @property
    def stdout(self) -> IO[str] | None:
        """Where outcomes are read."""
        ...

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal's number, or None while it lives."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it is gone, for its exit status; raises subprocess.TimeoutExpired."""
        ...


def run_bootstrap(
    function: Function,
    python: Path,
    variables: Mapping[str, str],
    *options: str,
    pipes: int,
    log: int | IO[bytes],
    kept: Collection[int] = (),
) -> "subprocess.Popen[str]":
    """Start the bootstrap in a session of its own.

    `pipes` is subprocess.PIPE or DEVNULL, for standard input and output; `log` is for standard error, and `kept` are
    further descriptors that it inherits.
    """
    return subprocess.Popen(
        [python, "-I", "-u", "-X", "utf8", BOOTSTRAP, *options, TIME_MACHINE, *function.layers],
        cwd=function.task_root,
        env=dict(variables),
        stdin=pipes,
        stdout=pipes,
        stderr=log,
        start_new_session=True,
        pass_fds=kept,
        text=True,
        encoding="utf-8",
    )
