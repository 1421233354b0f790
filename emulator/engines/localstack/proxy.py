"""The gateway's last step before LocalStack: a reverse proxy that streams requests and answers unchanged."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpx2
from starlette.types import Message, Receive, Scope, Send

from agenticai.emulator.http.asgi import await_disconnect
from agenticai.emulator.http.aws_errors import AwsError, build_error_answer
from agenticai.emulator.http.request import read_request

HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer"}
    | {b"transfer-encoding", b"upgrade", b"proxy-connection", b"expect"}
)
"""Headers for a single connection (https://httpwg.org/specs/rfc9110.html#field.connection), and `Expect`, which was
answered when the body was read."""

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 960.0
"""The time limit for an answer: an invocation may take fifteen minutes."""


class Disconnected(Exception):
    """The client has disconnected before its request was complete."""


class Proxy:
    """An ASGI application that forwards requests to `upstream`, such as `http://127.0.0.1:4566`.

    Path, query and headers, including Host, are forwarded byte for byte, so that signatures stay valid: SigV4 and
    presigned URLs (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). Bodies
    stream in both directions. If nothing answers, the client gets an AWS error that makes it retry.
    """

    def __init__(self, upstream: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._upstream = upstream
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
        self._http = httpx2.AsyncClient(
            transport=transport or httpx2.AsyncHTTPTransport(limits=limits, trust_env=False),
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._serve_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1011})
        else:
            await self._exchange(scope, receive, send)

    async def _serve_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._http.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer unless the client disconnects."""
        body = Body(receive)
        answering = asyncio.create_task(self._answer(scope, body, send))
        leaving = asyncio.create_task(body.await_disconnect())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
        finally:
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    async def _answer(self, scope: Scope, body: "Body", send: Send) -> None:
        try:
            response = await self._http.send(self._build_request(scope, body), stream=True)
        except Disconnected:
            return
        except httpx2.TransportError as error:
            await self._refuse(scope, error, send)
            return
        async with contextlib.aclosing(response):
            await send(
                {
                    "type": "http.response.start",
                    "status": response.status_code,
                    "headers": select_end_to_end(response.headers.raw),
                }
            )
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    def _build_request(self, scope: Scope, body: "Body") -> httpx2.Request:
        headers = select_end_to_end(scope["headers"])
        names = {name.lower() for name, _ in scope["headers"]}
        has_body = not names.isdisjoint({b"content-length", b"transfer-encoding"})
        if not has_body:
            body.mark_complete()
        return httpx2.Request(
            scope["method"],
            self._upstream,
            headers=headers,
            content=body.stream() if has_body else None,
            extensions={"target": build_target(scope), "timeout": self._http.timeout.as_dict()},
        )

    async def _refuse(self, scope: Scope, error: httpx2.TransportError, send: Send) -> None:
        request = read_request(scope)
        reason = str(error) or type(error).__name__
        message = f"LocalStack at {self._upstream} does not answer ({reason}): start it again."
        refusal = AwsError("ServiceUnavailable", message, 503)
        answer = build_error_answer(refusal, request, request.service or "", str(uuid.uuid4()))

        async def receive_disconnect() -> Message:
            return {"type": "http.disconnect"}

        await answer(scope, receive_disconnect, send)


class Body:
    """The body of a request; only after it was read completely is it possible to wait for a disconnect."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._complete = asyncio.Event()

    def mark_complete(self) -> None:
        """Mark the body as read completely."""
        self._complete.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Raises Disconnected."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            more = message.get("more_body", False)
            if chunk := message.get("body", b""):
                yield chunk
        self._complete.set()

    async def await_disconnect(self) -> None:
        """Wait until the client disconnects after its request was complete."""
        await self._complete.wait()
        await await_disconnect(self._receive)


def select_end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the end-to-end headers: without hop-by-hop headers and those that Connection names.

    White space around a value is not part of it, and would be refused when sent
    (https://httpwg.org/specs/rfc9110.html#section-5.5).
    """
    pairs = [(name, value.strip(b" \t")) for name, value in headers]
    named = {name.strip().lower() for key, value in pairs if key.lower() == b"connection" for name in value.split(b",")}
    return [(name, value) for name, value in pairs if name.lower() not in HOP_BY_HOP | named]


def build_target(scope: Scope) -> bytes:
    """Return the path and query exactly as received."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return path + b"?" + query if query else path
