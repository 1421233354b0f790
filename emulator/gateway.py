"""The gateway: the ordered steps that every request to the engine's one port takes."""

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.meter.ledger import Ledger
from emulator.meter.step import Meter

Step = Callable[[ASGIApp], ASGIApp]


def gateway(engine: ASGIApp, *, control: ASGIApp, gemini: ASGIApp, ledger: Ledger) -> ASGIApp:
    """Everything on the port. A step answers what is its own and hands all else to the next one."""
    return chain(
        [
            lambda after: Under("/_harness", control, after),
            lambda after: Under("/_gemini", gemini, after),
            lambda after: Meter(after, ledger),
        ],
        engine,
    )


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
