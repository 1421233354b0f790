"""The control API under `/_harness/`: what the bench asks of a running engine."""

import os
from collections.abc import Callable, Sequence

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.meter.ledger import Ledger
from emulator.meter.records import FinishedInvocation, Health, Record

INVOCATIONS = TypeAdapter(tuple[FinishedInvocation, ...])


def control_app(ledger: Ledger, uptime_s: Callable[[], float], start_ahead: Callable[[], None]) -> Starlette:
    """The routes that `emulator.client.ControlClient` calls."""

    async def health(_: Request) -> Response:
        return answer(Health(status="ok", pid=os.getpid(), uptime_s=uptime_s()))

    async def usage(request: Request) -> Response:
        return answer(ledger.usage(request.query_params.get("project_id")))

    async def invocations(_: Request) -> Response:
        return Response(INVOCATIONS.dump_json(ledger.invocations()), media_type="application/json")

    async def started_ahead(_: Request) -> Response:
        start_ahead()
        return Response(status_code=202)

    routes: Sequence[Route] = [
        Route("/health", health),
        Route("/usage", usage),
        Route("/invocations", invocations),
        Route("/start-ahead", started_ahead, methods=["POST"]),
    ]
    return Starlette(routes=routes)


def answer(record: Record) -> Response:
    """A record as JSON."""
    return Response(record.model_dump_json(), media_type="application/json")
