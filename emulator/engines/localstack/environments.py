"""Tracks LocalStack's execution environments, as our runtime executor reports them, to attribute their calls."""

import contextlib
import json
import os
import signal
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agenticai.emulator.core.usage_records import Record
from agenticai.emulator.engines.function import FunctionError, Invocation, InvocationOutcome
from agenticai.emulator.faults.rules import Fault, Kill, needs_steering
from agenticai.emulator.http.json_bodies import read_json
from agenticai.emulator.meter.ledger import Ledger

PATH = "/environments"
"""The path below the control API's prefix to which LocalStack's executor posts its events."""


class EnvironmentStarted(Record):
    """An environment has started a process, perhaps in place of an earlier one."""

    event: Literal["environment started"]
    environment: str
    function: str
    version: str
    memory_mb: int
    pid: int


class InvocationStarted(Record):
    """An environment begins to process an event; `payload` is its JSON."""

    event: Literal["invocation started"]
    environment: str
    request_id: str
    payload: str


class InvocationEnded(Record):
    """An invocation has ended, with an error if `error_type` is set; `init_ms` is None on a warm start."""

    event: Literal["invocation ended"]
    environment: str
    request_id: str
    duration_ms: float
    init_ms: float | None
    error_type: str | None
    result: JsonValue = None


class EnvironmentEnded(Record):
    """An environment has ended."""

    event: Literal["environment ended"]
    environment: str


EnvironmentEvent = Annotated[
    EnvironmentStarted | InvocationStarted | InvocationEnded | EnvironmentEnded, Field(discriminator="event")
]
EVENT_ADAPTER: TypeAdapter[EnvironmentEvent] = TypeAdapter(EnvironmentEvent)


@dataclass
class KnownEnvironment:
    """The state of an environment: its function, its process and its invocation."""

    name: str
    version: str
    memory_mb: int
    pid: int
    invocation: Invocation | None = None
    began: datetime | None = None


class Environments:
    """Reports invocations to the meter, and identifies functions for the faults (`faults.ports.Workers`).

    An environment's id is the session token of its calls. `here` tells whether its processes run on this machine.
    """

    def __init__(self, ledger: Ledger, *, here: bool) -> None:
        self._ledger = ledger
        self._are_local = here
        self._lock = threading.Lock()
        self._known: dict[str, KnownEnvironment] = {}

    def list_routes(self) -> list[Route]:
        """Return the route to which the executor posts."""

        async def receive_event(request: Request) -> Response:
            self.process_event(EVENT_ADAPTER.validate_json(await read_json(request)))
            return Response(status_code=204)

        return [Route(PATH, receive_event, methods=["POST"])]

    def process_event(self, event: EnvironmentEvent) -> None:
        """Process an event of the executor; events of unknown environments are ignored."""
        with self._lock:
            if isinstance(event, EnvironmentStarted):
                created = KnownEnvironment(event.function, event.version, event.memory_mb, event.pid)
                self._known[event.environment] = created
                self._ledger.record_environment_start(event.environment, created)
            elif environment := self._known.get(event.environment):
                self._process_event_of(environment, event)

    def _process_event_of(
        self, environment: KnownEnvironment, event: InvocationStarted | InvocationEnded | EnvironmentEnded
    ) -> None:
        match event:
            case InvocationStarted():
                environment.invocation = Invocation(event.request_id, parse_event(event.payload), "")
                environment.began = datetime.now(UTC)
                self._ledger.record_invocation_start(event.environment, environment.invocation, environment.began)
            case InvocationEnded() if environment.invocation and environment.began:
                error = FunctionError(event.error_type, "") if event.error_type else None
                outcome = InvocationOutcome(event.result, error, "", event.init_ms, event.duration_ms, ended=False)
                self._ledger.record_invocation_end(
                    event.environment, environment, environment.invocation, outcome, environment.began
                )
                environment.invocation = None
            case EnvironmentEnded():
                del self._known[event.environment]
                self._ledger.record_environment_end(event.environment)

    def can_apply(self, fault: Fault) -> bool:
        """Return whether a rule can be applied: deliveries cannot be controlled, and only local processes killed."""
        return not needs_steering(fault) and (self._are_local or not isinstance(fault.then, Kill))

    def find_function(self, token: str) -> str | None:
        """Return the name of the function whose environment has this token."""
        environment = self._known.get(token)
        return environment.name if environment else None

    async def kill(self, token: str) -> None:
        """Kill the environment's process and its group; the next invocation starts another."""
        if environment := self._known.get(token):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(environment.pid, signal.SIGKILL)

    async def deliver_again(self, token: str) -> None:
        """Do nothing: `can_apply` keeps such rules out."""

    async def hold(self, token: str) -> None:
        """Do nothing: `can_apply` keeps such rules out."""

    def blocked(self, token: str, until: float | None) -> contextlib.AbstractContextManager[None]:
        """Do nothing: as no time is skipped here, waits need not be known."""
        return contextlib.nullcontext()


def parse_event(payload: str) -> JsonValue:
    """Return an invocation's event; None if it is not JSON, which the function reports itself."""
    try:
        event: JsonValue = json.loads(payload)
    except ValueError:
        return None
    return event
