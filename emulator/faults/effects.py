"""What each fault does to a call."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.faults.bad_replies import MADE_OF_GOOD_ONES, corrupt_reply, make_bad_reply
from agenticai.emulator.faults.ports import EngineClock, Workers
from agenticai.emulator.faults.rules import (
    BadReply,
    CallEffect,
    DeliverAgain,
    Error,
    Hang,
    Hold,
    Kill,
    Latency,
    ModelReply,
)
from agenticai.emulator.faults.schedule import MODEL
from agenticai.emulator.http.asgi import (
    await_disconnect,
    collect_answer,
    cut_off,
    drain,
    read_ahead,
    wait_while_connected,
)
from agenticai.emulator.http.aws_errors import AwsError, build_error_answer
from agenticai.emulator.http.google_errors import build_google_error
from agenticai.emulator.http.request import Request


@dataclass(frozen=True)
class Exchange:
    """A function's call to be answered: its caller, service and request, and its ASGI channels."""

    token: str
    service: str
    request: Request
    scope: Scope
    receive: Receive
    send: Send

    async def answer(self, response: Response) -> None:
        """Send a response to the caller."""
        await response(self.scope, self.receive, self.send)


class Effects:
    """Applies faults to calls that would otherwise go to `app`, the next step, unchanged."""

    def __init__(self, app: ASGIApp, workers: Workers, clock: EngineClock, new_id: Callable[[], str]) -> None:
        self._app = app
        self._workers = workers
        self._clock = clock
        self._new_id = new_id

    async def apply(self, effect: CallEffect, call: Exchange) -> None:
        """Apply the fault to the call."""
        match effect:
            case Error():
                await self._refuse(effect, call)
            case Latency(seconds=seconds):
                await self._delay(seconds, call)
            case Hang():
                await self._hang(call)
            case Kill(side=side):
                await self._kill(side == "after", call)
            case DeliverAgain():
                await self._deliver_again(call)
            case Hold():
                await self._hold(call)
            case BadReply():
                await self._send_bad_reply(effect, call)

    async def _refuse(self, effect: Error, call: Exchange) -> None:
        await drain(call.receive)
        if call.service == MODEL:
            await call.answer(build_google_error(effect.status, effect.code, effect.message))
            return
        error = AwsError(effect.code, effect.message, effect.status)
        await call.answer(build_error_answer(error, call.request, call.service, self._new_id()))

    async def _delay(self, seconds: float, call: Exchange) -> None:
        """Make the call and delay its answer, at most by the timeout of a model client."""
        client_timeout_s = read_model_timeout_s(call)
        wait = min(seconds, client_timeout_s)

        async def send_late(message: Message) -> None:
            is_start = message["type"] == "http.response.start"
            if is_start:
                # Compute the moment before `blocked`: inside that block the engine may skip to it.
                moment = self._clock.now().timestamp() + wait
                with self._workers.blocked(call.token, moment):
                    await wait_while_connected(self._clock.sleep_until(moment), call.receive)
            # After the client's timeout only the head is sent; the server closes the connection as the body is missing.
            if is_start or seconds < client_timeout_s:
                await call.send(message)

        await self._app(call.scope, call.receive, send_late)

    async def _hang(self, call: Exchange) -> None:
        async def hold_back(message: Message) -> None:
            if message["type"] == "http.response.start":
                with self._workers.blocked(call.token, None):
                    await await_disconnect(call.receive)

        await self._app(call.scope, call.receive, hold_back)

    async def _kill(self, after: bool, call: Exchange) -> None:
        async def discard(_: Message) -> None: ...

        if after:
            await self._app(call.scope, call.receive, discard)
        await self._workers.kill(call.token)
        await await_disconnect(call.receive)

    async def _deliver_again(self, call: Exchange) -> None:
        _, receive = await read_ahead(call.receive)
        if await wait_while_connected(self._workers.deliver_again(call.token), call.receive):
            await self._app(call.scope, receive, call.send)

    async def _hold(self, call: Exchange) -> None:
        _, receive = await read_ahead(call.receive)
        if await wait_while_connected(self._workers.hold(call.token), call.receive):
            await self._app(call.scope, receive, call.send)

    async def _send_bad_reply(self, effect: BadReply, call: Exchange) -> None:
        if effect.reply in MADE_OF_GOOD_ONES:
            good = await collect_answer(self._app, call.scope, call.receive)
            if effect.reply is ModelReply.DROPPED:
                await cut_off(good, call.send)
                return
            answer = corrupt_reply(effect.reply, good)
        else:
            size = await drain(call.receive)
            answer = make_bad_reply(
                effect.reply, call.request.path, request_bytes=size, retry_after_s=effect.retry_after_s
            )
        await call.answer(answer)


def read_model_timeout_s(call: Exchange) -> float:
    """Return the client's timeout for the model, which its SDK sends in a header; infinite without it."""
    header = call.request.headers.get("x-server-timeout")
    if header is None or call.service != MODEL:
        return math.inf
    try:
        return float(header)
    except ValueError:
        return math.inf
