"""The stack that a command is for, reached through AWS's own API and, where it has one, the control API."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape

from agenticai.client.errors import QueueError
from agenticai.display import this_command
from agenticai.scenarios.benches.targets import bench_at
from agenticai.stack.target import EMBEDDED_ENDPOINT, Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agenticai.emulator.client import ControlClient
    from agenticai.scenarios.benches.deployed import Bench


@dataclass(frozen=True)
class Stack:
    """The stack that a command is for, and whether it prints JSON."""

    endpoint: str
    stage: str
    as_json: bool

    def command(self, *arguments: str) -> str:
        """A command for the same stack, to be pasted; escaped for Rich."""
        return escape(" ".join([this_command(), *arguments, *on_stack(self.endpoint, self.stage)]))


def on_stack(endpoint: str, stage: str) -> list[str]:
    """The options that lead a command to the same stack; none where it finds it by itself."""
    options = [] if endpoint == EMBEDDED_ENDPOINT else ["--endpoint", endpoint]
    return options if stage == "dev" else [*options, "--stage", stage]


@contextmanager
def asked(stack: Stack) -> "Iterator[tuple[Bench, ControlClient | None]]":
    """The stack, and its control API if it has one; what AWS refuses in the block becomes one sentence."""
    bench = bench_at(stack.endpoint, stack.stage)
    try:
        if Capability.CONTROL in bench.target.capabilities:
            with bench.control() as control:
                yield bench, control
        else:
            yield bench, None
    except (ClientError, BotoCoreError) as error:
        raise QueueError(f"{bench.target.name} did not do what was asked of it: {error}") from error
    finally:
        bench.target.close()
