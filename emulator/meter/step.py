"""The gateway step that counts AWS calls as they stream through."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.core.capacity import collect_capacity
from agenticai.emulator.http.operations import FORM_BYTES, find_operation
from agenticai.emulator.http.request import Request, decode_headers, read_request
from agenticai.emulator.meter.attribution import find_project, find_response_project
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.meter.sums import MeteredCall

ANSWER_KEPT = 2 * 1024  # bytes; an error's code is near the beginning
_ERROR_CODE = re.compile(r'"(?:__type|code|Code)"\s*:\s*"(?:[^"]*#)?([^":]+)|<Code>([^<]+)</Code>')


class Meter:
    """Counts AWS calls on their way to the next step, without delaying bodies or keeping large ones."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_request(scope) if scope["type"] == "http" else None
        service = request.service if request else None
        if request is None or service is None:
            await self._app(scope, receive, send)
            return
        with collect_capacity() as consumed:
            exchange = Exchange(request, service, receive, send, self._ledger, consumed)
            try:
                await self._app(scope, exchange.receive, exchange.send)
            finally:
                exchange.finish()


class Exchange:
    """A request and its answer, measured as they pass; `taken` is the capacity that the engine reports."""

    def __init__(
        self, request: Request, service: str, receive: Receive, send: Send, ledger: Ledger, consumed: Sequence[float]
    ) -> None:
        self._request = request
        self._service = service
        self._receive = receive
        self._send = send
        self._ledger = ledger
        self._consumed = consumed
        self._finished = False
        self._status = 0
        self._headers: dict[str, str] = {}
        self._form = bytearray()
        self._answer = bytearray()
        self._request_bytes = 0
        self._response_bytes = 0

    async def receive(self) -> Message:
        """Pass on a piece of the request."""
        message = await self._receive()
        body: bytes = message.get("body", b"")
        self._request_bytes += len(body)
        if self._request.is_form:
            self._form += body[: FORM_BYTES - len(self._form)]
        return message

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer; the last one only after the call is recorded.

        Otherwise a function could end, and its invocation be recorded, before its last call.
        """
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = decode_headers(message.get("headers", []))
        body: bytes = message.get("body", b"")
        self._response_bytes += len(body)
        self._answer += body[: ANSWER_KEPT - len(self._answer)]
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.finish()
        await self._send(message)

    def finish(self) -> None:
        """Record the call, once."""
        if not self._finished:
            self._finished = True
            self._ledger.record(
                self._build_call(), token=self._request.session_token, project_id=self._find_project_id()
            )

    def _build_call(self) -> MeteredCall:
        return MeteredCall(
            service=self._service,
            operation=find_operation(self._request, self._service, self._form.decode("latin-1")),
            request_bytes=self._request_bytes,
            response_bytes=self._response_bytes,
            error=self._find_error(),
            capacity=sum(self._consumed) if self._consumed else None,
        )

    def _find_project_id(self) -> str | None:
        """Return the project named in the request's path or in the answer to a create request."""
        path = unquote(self._request.path)
        return find_project(path) or find_response_project(self._status, self._headers.get("location", ""))

    def _find_error(self) -> str | None:
        """Return AWS's error code, or the HTTP status if there is none; "Aborted" if no answer was begun."""
        if not self._status:
            return "Aborted"
        if self._status < 400:
            return None
        kind = self._headers.get("x-amzn-errortype", "").partition(":")[0]
        match = _ERROR_CODE.search(self._answer.decode("utf-8", errors="replace"))
        return kind or (next(filter(None, match.groups())) if match else str(self._status))
