"""The gateway: the ordered steps that every request to the engine's one port takes."""

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

Step = Callable[[ASGIApp], ASGIApp]


def under(prefix: str, app: ASGIApp) -> Step:
    """The step that answers all that is under a path prefix with an application of its own."""
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
