"""The first step of every request: only the dashboard's own pages, and programs, are answered.

Streamlit compares host names and not ports, so that any server on this machine could offer a page that acts through
the dashboard's socket.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnPages:
    """Refuses what is not addressed to this machine by its own names and `port`, or comes from another origin.

    A link from elsewhere may open a page: to be looked at, a page does nothing.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or self._is_own(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            refusal = PlainTextResponse("The dashboard answers only its own pages.\n", status_code=403)
            await refusal(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b""), headers.get(b"origin")
        site = headers.get(b"sec-fetch-site", b"none")
        opened = scope["type"] == "http" and scope["method"] == "GET" and headers.get(b"sec-fetch-mode") == b"navigate"
        return (
            host in self._hosts
            and origin in {None, b"http://" + host}
            and (opened or site in {b"none", b"same-origin"})
        )
