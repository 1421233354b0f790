"""The server of the engine's port: uvicorn with limits, without access log, ending with its parent process."""

import os
import socket
import threading
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from agenticai.emulator.http.connections import Connection, choose_connection_class, find_refusal_limit

GRACE_SECONDS: Final = 3.0
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than SDKs keep idle connections, so that the server is never the one that closes them."""


def build_server_config(app: ASGIApp, *, compiled: bool) -> uvicorn.Config:
    """Return uvicorn's configuration: on httptools and uvloop if `compiled`, else on h11 and asyncio.

    With the compiled ones the engine needs 30 % less CPU per message to SQS.
    """
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        loop="uvloop" if compiled else "asyncio",
        http=choose_connection_class(compiled=compiled),
        limit_concurrency=find_refusal_limit(Connection.most),
        reset_contextvars=True,
    )


class Server(uvicorn.Server):
    """uvicorn with callbacks when it is ready and when it begins to stop."""

    def __init__(self, config: uvicorn.Config, *, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    def run_until_stopped(self, listeners: list[socket.socket]) -> None:
        """Serve until a signal arrives or standard input ends."""
        threading.Thread(target=self._follow_lifeline, daemon=True, name="lifeline").start()
        self.run(sockets=listeners)

    def _follow_lifeline(self) -> None:
        """End the engine when standard input ends, whose other end the parent process holds until it ends.

        This is immediate, as all state is in memory and there are no clients left.
        """
        while os.read(0, 1024):
            pass
        threading.Timer(GRACE_SECONDS, os._exit, [1]).start()
        self._on_stop()
        os._exit(0)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, and call the callback."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down, ending the functions first so that no request waits for one."""
        self._on_stop()
        await super().shutdown(sockets)
