"""The gateway step that limits the size of a request's head and body, and the time for sending the body."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.http.aws_errors import AwsError, build_error_answer
from agenticai.emulator.http.google_errors import build_google_error
from agenticai.emulator.http.request import CONTROL, GEMINI, Request, read_request
from agenticai.emulator.http.size_limits import ANYTHING, HEAD_BYTES, UNSIGNED, SizeLimit, find_size_limit

HELD_BYTES: Final = 512 * 1024 * 1024
"""The limit for the memory that all request bodies take together."""

RESERVE_BYTES: Final = 512 * 1024 * 1024
"""Disk space that the engine leaves free."""

PATIENCE_SECONDS: Final = 30.0
SLOWEST_BYTES_PER_SECOND: Final = 1024
"""A body may take `PATIENCE_SECONDS`, plus one second for each of these many bytes received."""

ALWAYS_FINE: Final = 1024 * 1024
"""A body size in bytes that every service accepts."""

HEAD_TOO_LARGE: Final = AwsError(
    "RequestHeaderSectionTooLarge", f"Your request header section exceeds the maximum allowed size: {HEAD_BYTES} bytes."
)
TOO_SLOW: Final = AwsError(
    "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period."
)
TOO_MANY: Final = AwsError("SlowDown", "The engine's memory for request bodies is full: try again.", 503)
DISK_FULL: Final = AwsError("InsufficientStorage", "The engine's disk is full: free some space.", 507)

log = logging.getLogger(__name__)


class RequestLimits:
    """Refuses requests that are too large or too slow, in the protocol of their service.

    Later steps never read more than the service's limit. `free_bytes` returns the free disk space.
    """

    def __init__(
        self,
        app: ASGIApp,
        free_bytes: Callable[[], int],
        *,
        patience_s: float = PATIENCE_SECONDS,
        held_bytes: int = HELD_BYTES,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._app = app
        self._free_bytes = free_bytes
        self._patience_s = patience_s
        self._available_bytes = held_bytes
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = read_body_length(scope) if scope["type"] == "http" else 0
        if scope["type"] == "http" and count_head_bytes(scope) > HEAD_BYTES:
            await self._refuse(HEAD_TOO_LARGE, scope, receive, send)
        elif length == 0:
            await self._app(scope, receive, send)
        elif length is not None and length <= ALWAYS_FINE:
            await self._pass_bounded(ANYTHING, scope, receive, send)
        else:
            limit = find_size_limit(read_request(scope))
            if error := self._check_length(length or 0, limit):
                await self._refuse(error, scope, receive, send)
            else:
                await self._pass_bounded(limit, scope, receive, send)

    def _check_length(self, length: int, limit: SizeLimit) -> AwsError | None:
        """Return why a body of this length is refused without reading it; None if it is accepted."""
        if length > limit.size:
            return limit.error(length)
        return DISK_FULL if length + RESERVE_BYTES > self._free_bytes() else None

    async def _pass_bounded(self, limit: SizeLimit, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, but refuse it if its body turns out to be too large or too slow."""
        body, answer_started = Body(receive, limit, self._patience_s, self._reserve), False

        async def send_unless_refused(message: Message) -> None:
            nonlocal answer_started
            if body.refused is None:
                answer_started = True
                await send(message)

        try:
            with contextlib.suppress(ClientDisconnect):  # later steps see a refusal as a disconnect
                await self._app(scope, body.receive, send_unless_refused)
        finally:
            self._available_bytes += body.held
        if body.refused is not None and not answer_started:
            await self._refuse(body.refused, scope, receive, send)

    def _reserve(self, size: int) -> bool:
        """Reserve memory for more bytes of a body; return whether there was enough."""
        if size > self._available_bytes:
            return False
        self._available_bytes -= size
        return True

    async def _refuse(self, error: AwsError, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_request(scope)
        log.warning("refused %s %s: %s", request.method, request.path, error.message)
        answer = build_refusal(error, request, self._new_id())
        if error is TOO_SLOW:
            answer.headers["connection"] = "close"
        await answer(scope, receive, send)


class Body:
    """A request's body while it is read; `refused` is why reading stopped, and `held` the size in memory."""

    def __init__(self, receive: Receive, limit: SizeLimit, patience_s: float, hold: Callable[[int], bool]) -> None:
        self.refused: AwsError | None = None
        self.held = 0
        self._receive = receive
        self._limit = limit
        self._patience_s = patience_s
        self._reserve = hold
        self._waited_s = 0.0
        self._complete = False

    async def receive(self) -> Message:
        """Return the next piece; if the body is refused, the reader sees a disconnect."""
        if self._complete:
            return await self._receive()
        if self.refused is None:
            message = await self._receive_in_time()
            if message is not None and self._accept(len(message.get("body", b""))):
                self._complete = not message.get("more_body", False)
                return message
        return {"type": "http.disconnect"}

    async def _receive_in_time(self) -> Message | None:
        clock = asyncio.get_running_loop().time
        started, left_s = clock(), self._patience_s + self.held / SLOWEST_BYTES_PER_SECOND - self._waited_s
        try:
            async with asyncio.timeout(max(0.0, left_s)):
                return await self._receive()
        except TimeoutError:
            self.refused = TOO_SLOW
            return None
        finally:
            self._waited_s += clock() - started

    def _accept(self, size: int) -> bool:
        """Count a piece; return whether it is within the limits of the service and the engine."""
        if self.held + size > self._limit.size:
            self.refused = self._limit.error(self.held + size)
        elif not self._reserve(size):
            self.refused = TOO_MANY
        else:
            self.held += size
        return self.refused is None


def count_head_bytes(scope: Scope) -> int:
    """Return the size of a request's line and headers in bytes."""
    line = len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b""))
    return line + sum(len(name) + len(value) for name, value in scope["headers"])


def read_body_length(scope: Scope) -> int | None:
    """Return the declared length of a request's body: None if undeclared, 0 if it has no body."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else None


def build_refusal(error: AwsError, request: Request, request_id: str) -> Response:
    """Return the answer to a refused request, in the protocol of its service."""
    if request.path.startswith(f"{GEMINI}/"):
        unavailable = error.status >= 500
        return build_google_error(error.status, "UNAVAILABLE" if unavailable else "INVALID_ARGUMENT", error.message)
    if request.path.startswith(f"{CONTROL}/"):
        return Response(error.message, error.status, media_type="text/plain")
    return build_error_answer(error, request, request.service or UNSIGNED, request_id)
