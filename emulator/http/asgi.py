"""Helpers with which the gateway's steps read, collect and cut off ASGI requests and answers."""

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.http.request import replace_request


async def read_ahead(receive: Receive, limit: int = sys.maxsize) -> tuple[bytes, Receive]:
    """Read a body to its end or to `limit` bytes; return it, and a `receive` that replays it."""
    messages: list[Message] = []
    body = bytearray()
    more = True
    while more and len(body) < limit:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        more = message.get("more_body", False)
    unread = iter(messages)

    async def replay() -> Message:
        message = next(unread, None)
        return await receive() if message is None else message

    return bytes(body), replay


async def drain(receive: Receive) -> int:
    """Read and discard a body; return its length in bytes."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return size


async def await_disconnect(receive: Receive) -> None:
    """Wait until the client closes the connection, discarding the rest of its request."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def wait_while_connected(wait: Coroutine[Any, Any, None], receive: Receive) -> bool:
    """Wait until done or the client disconnects; return whether it is connected. Discards the rest of its request."""
    task, disconnect = asyncio.create_task(wait), asyncio.create_task(await_disconnect(receive))
    try:
        await asyncio.wait({task, disconnect}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        return task.done()
    finally:
        task.cancel()
        disconnect.cancel()


async def collect_answer(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """Return an application's complete answer to a request."""
    status, headers, body = 500, list[tuple[bytes, bytes]](), bytearray()

    async def collect(message: Message) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message.get("headers", []))
        body += message.get("body", b"")

    await app(scope, receive, collect)
    answer = Response(bytes(body), status)
    answer.raw_headers = headers
    return answer


async def post(app: ASGIApp, scope: Scope, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Response:
    """Return an application's answer to a POST to `/` with this body, in the scope of another request."""
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return unread.pop() if unread else {"type": "http.disconnect"}

    request_line = {"method": "POST", "path": "/", "raw_path": b"/", "query_string": b""}
    return await collect_answer(app, replace_request(scope, **request_line, headers=list(headers)), receive)


async def cut_off(answer: Response, send: Send) -> None:
    """Send the first half of an answer; the server then closes the connection, as the rest is missing."""
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    body = bytes(answer.body)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
