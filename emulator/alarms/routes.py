"""The control API's route `alarms`: the state of each alarm."""

import asyncio
from collections.abc import Callable, Sequence

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agenticai.emulator.core.bench_records import AlarmNow
from agenticai.emulator.http.json_bodies import answer_with_all

ALARMS = TypeAdapter(tuple[AlarmNow, ...])


def alarm_routes(alarms_now: Callable[[], Sequence[AlarmNow]]) -> list[Route]:
    """Return the route that `ControlClient.alarms` calls.

    `alarms_now` returns the alarms by name, evaluated up to the engine's present minute.
    """

    async def now(_: Request) -> Response:
        return answer_with_all(ALARMS, tuple(await asyncio.to_thread(alarms_now)))

    return [Route("/alarms", now)]
