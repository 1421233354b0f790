"""The first step of every request: only requests from the dashboard's own pages, and from programs, are answered.

Streamlit compares host names without ports, so a page of any server on this machine could act through the dashboard's
socket.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnPages:
    """Refuses requests whose host is not a name of this machine with `port`, and those from another origin.

    A link from elsewhere may open a page, as opening a page changes nothing.
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
