"""The stack that a command is for, reached through its API, AWS's own API and, where it has one, the control API."""

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agenticai.client.api import ProjectsApi
from agenticai.commands.settings import on_stack
from agenticai.display.console import this_command
from agenticai.scenarios.benches.targets import bench_at
from agenticai.stack.deploying import reached
from agenticai.stack.target import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agenticai.emulator.client import ControlClient
    from agenticai.scenarios.benches.deployed import Bench


@dataclass(frozen=True)
class Stack:
    """The stack that a command talks to, and whether it answers in JSON."""

    endpoint: str
    stage: str
    as_json: bool

    def connect(self) -> ProjectsApi:
        """Return a client of its API. Raises StackError."""
        return bench_at(self.endpoint, self.stage).api()

    def command(self, *arguments: str) -> str:
        """Return a command for the same stack, to be pasted."""
        return f"{this_command()} {shlex.join([*arguments, *on_stack(self.endpoint, self.stage)])}"


@contextmanager
def asked(stack: Stack) -> "Iterator[tuple[Bench, ControlClient | None]]":
    """The stack, and its control API if it has one; what AWS refuses in the block becomes one sentence."""
    bench = bench_at(stack.endpoint, stack.stage)
    try:
        with reached(bench.target):
            if Capability.CONTROL in bench.target.capabilities:
                with bench.control() as control:
                    yield bench, control
            else:
                yield bench, None
    finally:
        bench.target.close()
