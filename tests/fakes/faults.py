"""An execution environment and a clock for tests of faults."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.fakes.asgi import Client, Engine

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TOKEN = "0a1b"


class Workers:
    """One environment of the function `dev`, which makes one call at a time; `log` has what was asked of it.

    Only `find_function` takes other tokens than its own.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.client = Client()
        self.log: list[str] = []
        self.let_go = asyncio.Event()

    def find_function(self, token: str) -> str | None:
        assert token, "a call without a token is not an environment's"
        return "dev" if token == TOKEN else None

    async def kill(self, token: str) -> None:
        assert token == TOKEN
        self.log.append(f"kill after {len(self.engine.bodies)} calls")
        self.client.gone.set()

    async def deliver_again(self, token: str) -> None:
        assert token == TOKEN
        await let_others_run()
        self.log.append(f"deliver again after {len(self.engine.bodies)} calls")

    async def hold(self, token: str) -> None:
        assert token == TOKEN
        self.log.append("hold")
        await self.let_go.wait()

    @contextlib.contextmanager
    def blocked(self, token: str, until: float | None) -> Iterator[None]:
        assert token == TOKEN
        left = None if until is None else until - NOW.timestamp()
        self.log.append(f"blocked for {left}")
        yield
        self.log.append("goes on")


class Clock:
    """A clock that stands still; a sleep ends as soon as other tasks have run, unless it is `stopped`."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.stopped = False

    def now(self) -> datetime:
        return NOW

    async def sleep_until(self, moment: float) -> None:
        if self.stopped:
            await asyncio.Event().wait()
        await let_others_run()
        self.slept.append(moment - NOW.timestamp())


async def let_others_run() -> None:
    """Let the other tasks of the event loop go on until they wait."""
    for _ in range(9):
        await asyncio.sleep(0)
