"""The stack that a command uses, through its API, AWS's own API and, if it has one, the control API.

Clients are imported when they are used, as the command line imports this for every command.
"""

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agenticai.commands.settings import list_stack_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agenticai.client.api import ProjectsApi
    from agenticai.client.stack import DeployedStack
    from agenticai.emulator.client import ControlClient


@dataclass(frozen=True)
class Stack:
    """The stack that a command uses, and whether the output is JSON."""

    endpoint: str
    stage: str
    as_json: bool

    def connect(self) -> "ProjectsApi":
        """Return a client of its API. Raises StackError."""
        from agenticai.client.stack_lookup import stack_at

        return stack_at(self.endpoint, self.stage).api()

    def command(self, *arguments: str) -> str:
        """Return a command for the same stack, to be copied."""
        from agenticai.display.console import this_command

        return f"{this_command()} {shlex.join([*arguments, *list_stack_options(self.endpoint, self.stage)])}"


@contextmanager
def open_stack(stack: Stack) -> "Iterator[tuple[DeployedStack, ControlClient | None]]":
    """Open the stack, and its control API if it has one; an error of AWS in the block becomes one sentence."""
    from agenticai.client.stack_lookup import stack_at
    from agenticai.stack.deploying import translate_aws_errors

    deployed = stack_at(stack.endpoint, stack.stage)
    try:
        with translate_aws_errors(deployed.target), deployed.control_if_any() as control:
            yield deployed, control
    finally:
        deployed.target.close()
