"""The control API under `/_harness/`, through which the bench reads and controls a running engine."""

import asyncio
import hmac
import itertools
import os
from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from agenticai.emulator.core.bench_records import (
    AdvanceRequest,
    ClockReading,
    Dispatch,
    DispatchRequest,
    Settled,
    SettleRequest,
    StartAheadRequest,
)
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.core.usage_records import EngineAbout, EngineHealth, FinishedInvocation, FunctionActivity
from agenticai.emulator.engines.settling import Unsettled
from agenticai.emulator.faults.rules import ActiveRule, Fault, Fired, RecordedCall
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.http.json_bodies import NotJson, answer_with, make_list_endpoint, read_body, read_json
from agenticai.emulator.meter.ledger import Ledger

INVOCATIONS = TypeAdapter(tuple[FinishedInvocation, ...])
ACTIVITY = TypeAdapter(tuple[FunctionActivity, ...])
FAULTS = TypeAdapter(tuple[Fault, ...])
FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)
RULES = TypeAdapter(tuple[ActiveRule, ...])
FIRED = TypeAdapter(tuple[Fired, ...])
CALLS = TypeAdapter(tuple[RecordedCall, ...])
EMBEDDED = EngineAbout(engine="embedded")


class SteerableEngine(Protocol):
    """The part of the engine that the bench controls."""

    def start_ahead(self, functions: Sequence[str]) -> None:
        """Start an environment of each of these functions in the background."""
        ...

    @property
    def dispatching(self) -> Dispatch:
        """Return how messages are delivered."""
        ...

    def dispatch(self, mode: Dispatch) -> None:
        """Set how messages are delivered."""
        ...

    def settle(self, *, deliveries: int | None, skip: bool, timeout_s: float) -> Settled:
        """Work until nothing is left to do. Raises Unsettled."""
        ...

    def poll_now(self) -> None:
        """Deliver messages that have become visible, after a jump of the clock."""
        ...


def build_control_app(
    engine: SteerableEngine | None,
    ledger: Ledger,
    clock: Clock,
    faults: FaultBook,
    uptime_s: Callable[[], float],
    secret: str | None = None,
    extra_routes: Sequence[Route] = (),
    about: EngineAbout = EMBEDDED,
    can_apply: Callable[[Fault], bool] = lambda _: True,
) -> Starlette:
    """Return the routes that `agenticai.emulator.client.ControlClient` calls; `extra_routes` are of other packages.

    Without an `engine` nothing can be controlled: messages are delivered automatically, and no time is skipped. Fault
    rules for which `can_apply` returns false are refused.

    With a `secret`, all routes require it as a bearer token; it is set if other machines can reach the port. On
    127.0.0.1 none is needed: any program that can connect could also use the AWS API and so run code as the engine's
    owner, and the guard refuses requests of pages.
    """
    routes = [
        *_build_reading_routes(ledger, clock, uptime_s, about),
        _build_forgetting_route(ledger),
        *(_build_steering_routes(engine, ledger, clock) if engine else _build_refusing_routes(about)),
        *_build_fault_routes(faults, about, can_apply),
        *extra_routes,
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(BearerToken, secret=secret)] if secret else [],
        exception_handlers={ValidationError: _answer_refused, ValueError: _answer_refused, NotJson: _answer_not_json},
    )


class BearerToken:
    """Refuses requests without the secret as a bearer token."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self._app = app
        self._expected = f"Bearer {secret}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        authorization = dict(scope.get("headers", [])).get(b"authorization", b"")
        if scope["type"] == "http" and not hmac.compare_digest(authorization, self._expected):
            refusal = "The control API needs the secret of this run: set AGENTICAI_CONTROL_TOKEN.\n"
            await PlainTextResponse(refusal, status_code=401)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _build_reading_routes(
    ledger: Ledger, clock: Clock, uptime_s: Callable[[], float], about: EngineAbout
) -> list[Route]:
    async def read_health(_: Request) -> Response:
        return answer_with(EngineHealth(status="ok", pid=os.getpid(), uptime_s=uptime_s(), **about.model_dump()))

    async def read_usage(request: Request) -> Response:
        return answer_with(ledger.report_usage(request.query_params.get("project_id")))

    async def read_usage_by_project(request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        return await asyncio.to_thread(lambda: answer_with(ledger.report_usage_by_project(since)))

    async def read_clock(_: Request) -> Response:
        return answer_with(ClockReading(now=clock.now(), ahead_s=clock.ahead_s, jumps=clock.jumps))

    return [
        Route("/health", read_health),
        Route("/usage", read_usage),
        Route("/usage/projects", read_usage_by_project),
        Route("/invocations", make_list_endpoint(INVOCATIONS, ledger.list_invocations)),
        Route("/functions", make_list_endpoint(ACTIVITY, ledger.list_activity)),
        Route("/clock", read_clock),
    ]


def _build_forgetting_route(ledger: Ledger) -> Route:
    async def forget_usage(_: Request) -> Response:
        ledger.forget_usage()
        return Response(status_code=204)

    return Route("/usage", forget_usage, methods=["DELETE"])


STEERING = ("/start-ahead", "/dispatch", "/settle", "/clock/advance")


def _build_refusing_routes(about: EngineAbout) -> list[Route]:
    sentence = f"{about.engine} delivers messages on its own, in real time: the bench cannot control it.\n"

    async def refuse(_: Request) -> Response:
        return PlainTextResponse(sentence, status_code=501)

    return [Route(path, refuse, methods=["GET", "POST", "PUT"]) for path in STEERING]


def _build_steering_routes(engine: SteerableEngine, ledger: Ledger, clock: Clock) -> list[Route]:
    async def start_ahead(request: Request) -> Response:
        engine.start_ahead((await read_body(request, StartAheadRequest)).functions)
        return Response(status_code=202)

    async def read_dispatch(_: Request) -> Response:
        return answer_with(DispatchRequest(mode=engine.dispatching))

    async def dispatch(request: Request) -> Response:
        engine.dispatch((await read_body(request, DispatchRequest)).mode)
        return Response(status_code=204)

    async def settle(request: Request) -> Response:
        body = await read_body(request, SettleRequest)
        try:
            settled = await asyncio.to_thread(
                engine.settle, deliveries=body.deliveries, skip=body.skip, timeout_s=body.timeout_s
            )
        except Unsettled as error:
            return PlainTextResponse(f"{error}{describe_latest_failure(ledger.list_invocations())}", status_code=504)
        return answer_with(settled)

    async def advance(request: Request) -> Response:
        await asyncio.to_thread(clock.advance, (await read_body(request, AdvanceRequest)).seconds)
        engine.poll_now()
        return answer_with(ClockReading(now=clock.now(), ahead_s=clock.ahead_s, jumps=clock.jumps))

    return [
        Route("/start-ahead", start_ahead, methods=["POST"]),
        Route("/dispatch", read_dispatch, methods=["GET"]),
        Route("/dispatch", dispatch, methods=["PUT"]),
        Route("/settle", settle, methods=["POST"]),
        Route("/clock/advance", advance, methods=["POST"]),
    ]


def _build_fault_routes(faults: FaultBook, about: EngineAbout, can_apply: Callable[[Fault], bool]) -> list[Route]:
    def require_applicable(schedule: Sequence[Fault]) -> Sequence[Fault]:
        if unsupported := next(itertools.filterfalse(can_apply, schedule), None):
            raise ValueError(f"{about.engine} delivers messages on its own, so the bench cannot {unsupported.then.do}.")
        return schedule

    async def set_rules(request: Request) -> Response:
        faults.set(require_applicable(FAULTS.validate_json(await read_json(request))))
        return Response(status_code=204)

    async def add_rule(request: Request) -> Response:
        (rule,) = require_applicable([FAULT.validate_json(await read_json(request))])
        number = faults.add(rule)
        return JSONResponse({"rule": number}, status_code=201)

    async def remove_rule(request: Request) -> Response:
        try:
            faults.remove(request.path_params["rule"])
        except KeyError:
            return PlainTextResponse("No active rule has this number.", status_code=404)
        return Response(status_code=204)

    return [
        Route("/faults", make_list_endpoint(RULES, faults.list_rules)),
        Route("/faults", set_rules, methods=["PUT"]),
        Route("/faults", add_rule, methods=["POST"]),
        Route("/faults/{rule:int}", remove_rule, methods=["DELETE"]),
        Route("/faults/fired", make_list_endpoint(FIRED, faults.list_fired)),
        Route("/calls", make_list_endpoint(CALLS, faults.list_calls)),
    ]


def describe_latest_failure(invocations: Sequence[FinishedInvocation]) -> str:
    """Describe the latest failure, which is usually why the engine does not settle: it is retried forever."""
    failed = next((invocation for invocation in reversed(invocations) if invocation.error_type), None)
    return f" The latest failure: {failed.function} ended with {failed.error_type}." if failed else ""


async def _answer_not_json(_: Request, __: Exception) -> Response:
    return PlainTextResponse("Send the body with the header `Content-Type: application/json`.", status_code=415)


async def _answer_refused(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), status_code=422)
