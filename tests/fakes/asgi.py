"""ASGI requests and applications for tests of the gateway's steps."""

import asyncio
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = Sequence[tuple[bytes, bytes]]


def signed(service: str, token: str = "", target: str = "") -> list[tuple[bytes, bytes]]:
    """Return the headers of an AWS call, with a function's session token and an operation if given."""
    scope = f"AWS4-HMAC-SHA256 Credential=0/20261123/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    headers = [(b"authorization", scope.encode())]
    headers += [(b"x-amz-security-token", token.encode())] if token else []
    return headers + ([(b"x-amz-target", target.encode())] if target else [])


class Client:
    """Sends one request in pieces and keeps the answer; after the last piece it waits until it is `gone`."""

    def __init__(self, path: str = "/", *pieces: bytes, method: str = "POST", headers: Headers = ()) -> None:
        self.scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": list(headers),
        }
        self.unread: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        self.unread.append({"type": "http.request", "body": b"", "more_body": False})
        self.answers: list[Message] = []
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        if self.unread:
            return self.unread.pop(0)
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.answers.append(message)

    def ask(self, app: ASGIApp) -> "Client":
        """Make the request."""
        asyncio.run(self.call(app))
        return self

    async def call(self, app: ASGIApp) -> None:
        await asyncio.wait_for(app(self.scope, self.receive, self.send), timeout=60)

    @property
    def status(self) -> int | None:
        """The status of the answer, if it was started."""
        return next((m["status"] for m in self.answers if m["type"] == "http.response.start"), None)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer."""
        (start,) = (m for m in self.answers if m["type"] == "http.response.start")
        return {name.decode().lower(): value.decode() for name, value in start["headers"]}

    @property
    def body(self) -> bytes:
        """The received part of the answer's body."""
        return b"".join(m.get("body", b"") for m in self.answers)

    @property
    def complete(self) -> bool:
        """Whether the answer is complete."""
        last = self.answers[-1] if self.answers else {}
        return last.get("type") == "http.response.body" and not last.get("more_body", False)


class Engine:
    """An application that gives one answer, and keeps the requests."""

    def __init__(self, body: bytes = b"done", status: int = 200) -> None:
        self.answer = body
        self.status = status
        self.paths: list[str] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = bytearray()
        more = True
        while more:
            message = await receive()
            received += message.get("body", b"")
            more = message.get("more_body", False)
        self.paths.append(scope["raw_path"].decode())
        self.bodies.append(bytes(received))
        length = (b"content-length", str(len(self.answer)).encode())
        await send({"type": "http.response.start", "status": self.status, "headers": [length]})
        await send({"type": "http.response.body", "body": self.answer})
