"""The gateway step that recognizes the calls of functions and applies the faults that are due."""

import re
import uuid
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from agenticai.emulator.faults.effects import Effects, Exchange
from agenticai.emulator.faults.ports import EngineClock, Workers
from agenticai.emulator.faults.schedule import MODEL, FaultBook
from agenticai.emulator.http.asgi import read_ahead
from agenticai.emulator.http.operations import FORM_BYTES, find_operation
from agenticai.emulator.http.request import Request, read_request, replace_request

_MODEL_CALL = re.compile(r"(/_gemini)/as/([^/]+)(/.*)")
_METHOD = re.compile(r":([A-Za-z]+)$")


class Faults:
    """Counts each call that a function makes, and passes it on unless a fault is due for it.

    A function is identified by the session token of its AWS calls, and by the token in the path of its model calls,
    which is removed here. Calls of clients pass unchanged; of a function's call, at most the form that names its
    operation is read ahead.
    """

    def __init__(
        self,
        app: ASGIApp,
        book: FaultBook,
        workers: Workers,
        clock: EngineClock,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._app = app
        self._book = book
        self._workers = workers
        self._effects = Effects(app, workers, clock, new_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope, model_token = split_token(scope)
        request = read_request(scope)
        service = MODEL if model_token else request.service
        token = model_token or request.session_token
        if token is None or service is None or (function := self._workers.find_function(token)) is None:
            await self._app(scope, receive, send)
            return
        form = b""
        if request.is_form:
            form, receive = await read_ahead(receive, FORM_BYTES)
        operation = name_operation(request, service, form)
        effect = self._book.record_call(function, service, operation)
        if effect is None:
            await self._app(scope, receive, send)
        else:
            await self._effects.apply(effect, Exchange(token, service, request, scope, receive, send))


def split_token(scope: Scope) -> tuple[Scope, str | None]:
    """Return a model call without the token in its path, as the model's API expects it, and the token."""
    match = _MODEL_CALL.fullmatch(scope["path"])
    if not match:
        return scope, None
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    cut = raw_path.replace(f"/as/{match[2]}".encode(), b"", 1)
    return replace_request(scope, path=match[1] + match[3], raw_path=cut), match[2]


def name_operation(request: Request, service: str, form: bytes) -> str:
    """Return the operation's name: `…:generateContent` is GenerateContent."""
    if service != MODEL:
        return find_operation(request, service, form.decode("latin-1"))
    method = _METHOD.search(request.path)
    return method[1][0].upper() + method[1][1:] if method else request.method
