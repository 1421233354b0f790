"""A deployed stack on a running engine: its addresses, and the clients of both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agenticai.client.api import ProjectsApi
    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.process import Engine
    from agenticai.stack.outputs import StackOutputs
    from agenticai.stack.target import Target

Report = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """A deployed stack on a running engine; `engine` is None where somebody else started it."""

    engine: "Engine | None"
    target: "Target"
    outputs: "StackOutputs"
    token: str = field(repr=False)
    control_token: str | None = field(repr=False, default=None)

    def api(self) -> "ProjectsApi":
        """A client of the stack's API."""
        from agenticai.client.api import ProjectsApi

        return ProjectsApi(self.outputs.api_url, self.token)

    def control(self) -> "ControlClient":
        """A client of the control API, which a target with the capability CONTROL has."""
        from agenticai.emulator.client import ControlClient

        return ControlClient(self.target.endpoint_url, token=self.control_token)
