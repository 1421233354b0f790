"""The gateway: the ordered steps through which every request to the engine's port passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.faults.ports import Workers
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.faults.step import Faults
from agenticai.emulator.http.guard import Allowed, Guard
from agenticai.emulator.http.limits import RequestLimits
from agenticai.emulator.http.request import CONTROL, GEMINI
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.meter.step import Meter

GatewayStep = Callable[[ASGIApp], ASGIApp]
"""Wraps the next step in another step."""


@dataclass(frozen=True)
class Parts:
    """The objects that the steps use.

    `engine` answers the AWS API, `missing` are steps for AWS operations that it does not implement, `workers` are its
    execution environments, and `control` and `gemini` answer below their prefixes. `free_bytes` returns the free disk
    space.
    """

    engine: ASGIApp
    missing: Sequence[GatewayStep]
    workers: Workers
    control: ASGIApp
    gemini: ASGIApp
    allowed: Allowed
    free_bytes: Callable[[], int]
    ledger: Ledger
    faults: FaultBook
    clock: Clock


def build_gateway(parts: Parts) -> ASGIApp:
    """Return the application behind the port: a request passes these steps from top to bottom until one answers."""
    return chain(
        [
            lambda app: Guard(app, parts.allowed),
            lambda app: RequestLimits(app, parts.free_bytes),
            mount(CONTROL, parts.control),
            lambda app: Meter(app, parts.ledger),
            lambda app: Faults(app, parts.faults, parts.workers, parts.clock),
            mount(GEMINI, parts.gemini),
            *parts.missing,
        ],
        parts.engine,
    )


def mount(prefix: str, mounted: ASGIApp) -> GatewayStep:
    """Return the step that routes everything below a path prefix to another application."""
    return lambda app: Mount(app, prefix, mounted)


def chain(steps: Sequence[GatewayStep], engine: ASGIApp) -> ASGIApp:
    """Return the engine behind the steps, the first of them outermost; it also receives the server's lifespan."""
    app = engine
    for step in reversed(steps):
        app = step(app)
    return app


class Mount:
    """Sends requests below a path prefix to the application `mounted` there, and all others to the next step."""

    def __init__(self, app: ASGIApp, prefix: str, mounted: ASGIApp) -> None:
        self._app = app
        self._prefix = prefix
        self._mounted = mounted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] + "/").startswith(self._prefix + "/"):
            await self._mounted({**scope, "root_path": self._prefix}, receive, send)
        else:
            await self._app(scope, receive, send)
