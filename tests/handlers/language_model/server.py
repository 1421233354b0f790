"""A scripted HTTP server: one answer for each request, the last one repeatedly."""

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Scripted:
    """One answer; `hangs` sends nothing until the server stops, `drops` cuts the connection in mid-body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json; charset=UTF-8"})
    hangs: bool = False
    drops: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as it was received."""

    path: str
    headers: Mapping[str, str]
    body: Any


class ScriptedServer:
    """Listens on a free port of 127.0.0.1 while the `with` block lasts."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.answers: Sequence[Scripted] = ()
        self._stopping = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def script(self, *answers: Scripted) -> None:
        """Set the answers from now on."""
        self.requests, self.answers = [], answers

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                scripted.requests.append(Asked(self.path, dict(self.headers), json.loads(body)))
                answers = scripted.answers
                scripted._send(self, answers[min(len(scripted.requests), len(answers)) - 1])

            def log_message(self, format: str, *args: object) -> None:
                """Write no log: the tests check `requests`."""

        return Handler

    def _send(self, handler: BaseHTTPRequestHandler, answer: Scripted) -> None:
        if answer.hangs:
            self._stopping.wait(30)
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if answer.drops:
            handler.wfile.write(answer.body[: len(answer.body) // 2])
            handler.wfile.flush()
            # Reset the connection instead of closing it: no lingering.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        handler.wfile.write(answer.body)


def said(body: object, status: int = 200, **headers: str) -> Scripted:
    """Return an answer in JSON."""
    return Scripted(status, json.dumps(body).encode(), {"Content-Type": "application/json; charset=UTF-8", **headers})
