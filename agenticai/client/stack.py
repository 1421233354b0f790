"""A deployed stack on any target: its addresses, and clients of its API and of its target's API."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agenticai.client.api import ProjectsApi
    from agenticai.emulator.client import ControlClient
    from agenticai.stack.outputs import StackOutputs
    from agenticai.stack.target import Target


@dataclass(frozen=True)
class DeployedStack:
    """A stage of the stack on a target, with the secrets of its API and of the control API."""

    target: "Target"
    outputs: "StackOutputs"
    token: str = field(repr=False)
    control_token: str | None = field(repr=False, default=None)

    def api(self) -> "ProjectsApi":
        """Return a client of the stack's API."""
        from agenticai.client.api import ProjectsApi  # not at the top, as a bench starts its engine before it needs one

        return ProjectsApi(self.outputs.api_url, self.token, emulator_url=self.target.endpoint_url)

    def control(self) -> "ControlClient":
        """Return a client of the control API, which a target with the capability CONTROL has."""
        from agenticai.emulator.client import ControlClient

        return ControlClient(self.target.endpoint_url, token=self.control_token)

    @contextmanager
    def control_if_any(self) -> "Iterator[ControlClient | None]":
        """Open a client of the control API for the block; None if the target has no control API."""
        from agenticai.stack.target import Capability

        if Capability.CONTROL not in self.target.capabilities:
            yield None
            return
        with self.control() as control:
            yield control
