"""The execution environments in LocalStack, as our runtime executor tells of them: whose calls are whose."""

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
from agenticai.emulator.http.json_bodies import json_body
from agenticai.emulator.meter.ledger import Ledger

PATH = "/environments"
"""Below the control API's prefix; LocalStack's executor sends its documents here."""


class EnvironmentStarted(Record):
    """A process was started for an environment, which may have had another before."""

    event: Literal["environment started"]
    environment: str
    function: str
    version: str
    memory_mb: int
    pid: int


class InvocationStarted(Record):
    """An environment begins to work on an event; `payload` is its JSON."""

    event: Literal["invocation started"]
    environment: str
    request_id: str
    payload: str


class InvocationEnded(Record):
    """An invocation has ended, with an error if there is an `error_type`; `init_ms` is None on a warm start."""

    event: Literal["invocation ended"]
    environment: str
    request_id: str
    duration_ms: float
    init_ms: float | None
    error_type: str | None
    result: JsonValue = None


class EnvironmentEnded(Record):
    """An environment is gone."""

    event: Literal["environment ended"]
    environment: str


Told = Annotated[
    EnvironmentStarted | InvocationStarted | InvocationEnded | EnvironmentEnded, Field(discriminator="event")
]
TOLD: TypeAdapter[Told] = TypeAdapter(Told)


@dataclass
class KnownEnvironment:
    """What is known of an environment: its function, the process, and what it is at."""

    name: str
    version: str
    memory_mb: int
    pid: int
    invocation: Invocation | None = None
    began: datetime | None = None


class Environments:
    """Keeps the meter's book of what runs, and is what the faults know functions by (`faults.ports.Workers`).

    An environment's id is the session token of its calls. `here` says that its processes are those of this machine.
    """

    def __init__(self, ledger: Ledger, *, here: bool) -> None:
        self._ledger = ledger
        self._here = here
        self._lock = threading.Lock()
        self._known: dict[str, KnownEnvironment] = {}

    def routes(self) -> list[Route]:
        """Return the route by which the executor tells."""

        async def told(request: Request) -> Response:
            self.tell(TOLD.validate_json(await json_body(request)))
            return Response(status_code=204)

        return [Route(PATH, told, methods=["POST"])]

    def tell(self, told: Told) -> None:
        """Take in what has happened; what is told of an unknown environment is nobody's."""
        with self._lock:
            if isinstance(told, EnvironmentStarted):
                made = KnownEnvironment(told.function, told.version, told.memory_mb, told.pid)
                self._known[told.environment] = made
                self._ledger.environment_started(told.environment, made)
            elif known := self._known.get(told.environment):
                self._tell_of(known, told)

    def _tell_of(self, known: KnownEnvironment, told: InvocationStarted | InvocationEnded | EnvironmentEnded) -> None:
        match told:
            case InvocationStarted():
                known.invocation = Invocation(told.request_id, event_of(told.payload), "")
                known.began = datetime.now(UTC)
                self._ledger.invocation_started(told.environment, known.invocation, known.began)
            case InvocationEnded() if known.invocation and known.began:
                error = FunctionError(told.error_type, "") if told.error_type else None
                outcome = InvocationOutcome(told.result, error, "", told.init_ms, told.duration_ms, ended=False)
                self._ledger.invocation_ended(told.environment, known, known.invocation, outcome, known.began)
                known.invocation = None
            case EnvironmentEnded():
                del self._known[told.environment]
                self._ledger.environment_ended(told.environment)

    def can_apply(self, fault: Fault) -> bool:
        """Return whether a rule can be applied: nothing is delivered from here, and only a process of ours is ended."""
        return not needs_steering(fault) and (self._here or not isinstance(fault.then, Kill))

    def function_of(self, token: str) -> str | None:
        """Return the name of the function whose environment has this token."""
        known = self._known.get(token)
        return known.name if known else None

    async def kill(self, token: str) -> None:
        """End the environment's process, which leads a group of its own; the next invocation starts another."""
        if known := self._known.get(token):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(known.pid, signal.SIGKILL)

    async def deliver_again(self, token: str) -> None:
        """Do nothing: `can_apply` keeps such rules out."""

    async def hold(self, token: str) -> None:
        """Do nothing: `can_apply` keeps such rules out."""

    def blocked(self, token: str, until: float | None) -> contextlib.AbstractContextManager[None]:
        """Do nothing: here no time is skipped, so nobody asks who only waits."""
        return contextlib.nullcontext()


def event_of(payload: str) -> JsonValue:
    """Return an invocation's event; None for what is no JSON, which the function is told of by itself."""
    try:
        event: JsonValue = json.loads(payload)
    except ValueError:
        return None
    return event
