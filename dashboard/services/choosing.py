"""Chooses the adapter that reports most about a stack."""

from typing import TYPE_CHECKING

from agenticai.dashboard.services.cloud_source import CloudSource
from agenticai.dashboard.services.sources import AwsSource, EngineSource
from agenticai.stack.target import Capability

if TYPE_CHECKING:
    from agenticai.client.stack import DeployedStack
    from agenticai.dashboard.services.port import Source


def source_of(stack: "DeployedStack") -> "Source":
    """Return the adapter that reports most about a stack; it can be used for as long as the stack is shown."""
    capabilities = stack.target.capabilities
    if Capability.CONTROL in capabilities:
        return EngineSource(stack, stack.control())
    return CloudSource(stack) if Capability.METRICS in capabilities else AwsSource(stack)
