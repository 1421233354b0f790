"""The connection to the stack that the dashboard shows; it is found again whenever it is lost."""

import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from agenticai.client.api import ProjectsApi
from agenticai.client.errors import ProjectsError
from agenticai.client.stack import DeployedStack
from agenticai.client.stack_lookup import stack_at
from agenticai.dashboard.services.cloud_source import CloudSource
from agenticai.dashboard.services.own_calls import OwnCalls
from agenticai.dashboard.services.port import Missing, Source
from agenticai.dashboard.services.sources import AwsSource, EngineSource
from agenticai.emulator.core.errors import EngineError
from agenticai.stack.errors import StackError
from agenticai.stack.target import Capability

FAULTS: Final = (ProjectsError, EngineError, StackError, BotoCoreError, ClientError)
"""What any request to a target may raise; each message can be shown to users."""


@dataclass(frozen=True)
class Connected:
    """A stack, the adapter that reports about it, and a client of its API."""

    stack: DeployedStack
    source: Source
    api: ProjectsApi

    @property
    def functions(self) -> Mapping[str, str]:
        """The functions of the stack, by their short names: api, pm, dev, qa and ops."""
        return self.stack.outputs.function_names

    @property
    def queues(self) -> Mapping[str, str]:
        """The queues of the agents, by the agents' names."""
        return {agent: url.rpartition("/")[2] for agent, url in self.stack.outputs.queue_urls.items()}

    def now(self) -> datetime:
        """Return the target's time, or this machine's if the target has no clock."""
        reading = self.source.clock()
        return datetime.now(UTC) if isinstance(reading, Missing) else reading.now


class Connection:
    """Finds the stack of a stage at an address, and keeps it until `lose` is called. Thread-safe.

    The connections of a lost stack are closed when the last page that still uses it is drawn.
    """

    def __init__(self, endpoint_url: str, stage: str, find: Callable[[str, str], DeployedStack] = stack_at) -> None:
        self.endpoint_url = endpoint_url
        self.stage = stage
        self._find = find
        self._lock = threading.Lock()
        self._connected: Connected | None = None
        self.own_calls = OwnCalls()

    def get(self) -> Connected:
        """Return the stack. Raises `FAULTS` if there is none."""
        with self._lock:
            if self._connected is None:
                stack = self._find(self.endpoint_url, self.stage)
                self.own_calls.watch(stack.target)
                self._connected = Connected(stack, choose_source(stack), stack.api())
                _close_when_unused(self._connected)
            return self._connected

    def lose(self) -> None:
        """Find the stack again at the next `get`, as it may have been replaced by another one."""
        with self._lock:
            self._connected = None


def choose_source(stack: DeployedStack) -> Source:
    """Return the adapter that reports most about a stack; it can be used for as long as the stack is shown."""
    capabilities = stack.target.capabilities
    if Capability.CONTROL in capabilities:
        return EngineSource(stack, stack.control())
    return CloudSource(stack) if Capability.METRICS in capabilities else AwsSource(stack)


def _close_when_unused(connected: Connected) -> None:
    for close in (connected.source.close, connected.api.close, connected.stack.target.close):
        weakref.finalize(connected, close)
