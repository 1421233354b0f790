"""The gateway: the ordered steps that every request to the engine's one port takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.faults.ports import Workers
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.faults.step import Faults
from agenticai.emulator.http.guard import Allowed, Guard
from agenticai.emulator.http.limits import Limits
from agenticai.emulator.http.request import CONTROL, GEMINI
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.meter.step import Meter
from agenticai.emulator.queues.operations import QueueOperations

Step = Callable[[ASGIApp], ASGIApp]


@dataclass(frozen=True)
class Parts:
    """What the steps work with; `engine` is AWS, `workers` are its execution environments."""

    engine: ASGIApp
    workers: Workers
    control: ASGIApp
    gemini: ASGIApp
    allowed: Allowed
    free_bytes: Callable[[], int]
    ledger: Ledger
    faults: FaultBook
    clock: Clock
    activity: Activity


def gateway(parts: Parts) -> ASGIApp:
    """Return the application behind the port: a request takes these steps from top to bottom, until one answers."""
    return chain(
        [
            lambda after: Guard(after, parts.allowed),
            lambda after: Limits(after, parts.free_bytes),
            under(CONTROL, parts.control),
            lambda after: Meter(after, parts.ledger),
            lambda after: Faults(after, parts.faults, parts.workers, parts.clock),
            under(GEMINI, parts.gemini),
            lambda after: QueueOperations(after, parts.clock, parts.activity),
        ],
        parts.engine,
    )


def under(prefix: str, app: ASGIApp) -> Step:
    """Return the step that answers all that is under a path prefix with an application of its own."""
    return lambda after: Under(prefix, app, after)


def chain(steps: Sequence[Step], engine: ASGIApp) -> ASGIApp:
    """Put the steps, the first one outermost, in front of the engine, which also gets the server's lifespan."""
    app = engine
    for step in reversed(steps):
        app = step(app)
    return app


class Under:
    """Sends what is under a path prefix to an application of its own."""

    def __init__(self, prefix: str, app: ASGIApp, after: ASGIApp) -> None:
        self._prefix = prefix
        self._app = app
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] + "/").startswith(self._prefix + "/"):
            await self._app({**scope, "root_path": self._prefix}, receive, send)
        else:
            await self._after(scope, receive, send)
