"""Idle or stalled connections do not block the server; active ones are not closed."""

import asyncio
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.http.flow_control import FlowControl

from agenticai.emulator.http.connections import Connection, choose_connection_class, find_refusal_limit

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
ANSWER = b"x" * 20_000_000


LOST: queue.SimpleQueue[int] = queue.SimpleQueue()
"""The clients' ports of connections that the server has lost or closed."""


def impatient(compiled: bool) -> type[Connection]:
    """Return the protocol with short timeouts, which records lost connections."""

    class Impatient(choose_connection_class(compiled=compiled)):  # type: ignore[misc]
        head_s = 0.2
        answer_s = 0.1
        most = 3

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if self.client:
                LOST.put(self.client[1])

    return Impatient


async def answering(request: Request) -> Response:
    if request.url.path == "/unread":
        return PlainTextResponse("here")
    await request.body()
    return Response(ANSWER) if request.url.path == "/large" else PlainTextResponse("here")


async def echoing(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()
    await websocket.send_text("here")


@contextmanager
def serving(protocol: type[Connection], keep_alive_s: int = 60) -> Iterator[Callable[[], socket.socket]]:
    """Start a server in a thread; yield a function that connects to it."""
    route = Route("/{path:path}", answering, methods=["GET", "POST"])
    app = Starlette(routes=[route, WebSocketRoute("/", echoing)])
    most = find_refusal_limit(protocol.most)
    config = uvicorn.Config(
        app, http=protocol, log_config=None, timeout_keep_alive=keep_alive_s, limit_concurrency=most
    )
    server, listener = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    address = listener.getsockname()

    def connect() -> socket.socket:
        made = socket.create_connection(address)
        made.settimeout(60)
        return made

    try:
        yield connect
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module", params=[True, False], ids=["httptools", "h11"])
def compiled(request: pytest.FixtureRequest) -> bool:
    if request.param:
        pytest.importorskip("httptools", reason="this platform has no httptools")
    return bool(request.param)


@pytest.fixture(scope="module")
def connect(compiled: bool) -> Iterator[Callable[[], socket.socket]]:
    with serving(impatient(compiled)) as connecting:
        yield connecting


def read_all(connection: socket.socket) -> bytes:
    """Return everything that arrives until the server closes the connection."""
    received = bytearray()
    while piece := connection.recv(65536):
        received += piece
    return bytes(received)


def until(connection: socket.socket, end: bytes) -> bytes:
    """Return everything that arrives until this end, or until the server closes the connection."""
    received = b""
    while not received.endswith(end) and (piece := connection.recv(65536)):
        received += piece
    return received


def ask(connection: socket.socket) -> bytes:
    connection.sendall(HEAD + b"\r\n")
    return until(connection, b"here")


def test_a_head_that_does_not_end_is_refused(connect: Callable[[], socket.socket]) -> None:
    with closing(connect()) as connection:
        connection.sendall(HEAD)
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")


def test_so_is_one_after_a_request_that_was_answered(connect: Callable[[], socket.socket]) -> None:
    with closing(connect()) as connection:
        assert ask(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"G")
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")


def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(connect: Callable[[], socket.socket]) -> None:
    with closing(connect()) as connection:
        connection.sendall(HEAD + b"X-Long: " + b"x" * 100_000)
        assert b" 4" in read_all(connection).split(b"\r\n")[0]


def test_a_connection_that_never_asks_is_closed(compiled: bool) -> None:
    with serving(impatient(compiled), keep_alive_s=0) as connect, closing(connect()) as connection:
        assert read_all(connection) == b""


def test_a_body_may_take_longer_than_a_head(connect: Callable[[], socket.socket]) -> None:
    with closing(connect()) as connection, closing(connect()) as other:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\na")
        other.sendall(HEAD)
        assert read_all(other)  # the time for a head has passed
        connection.sendall(b"b")
        assert until(connection, b"here").startswith(b"HTTP/1.1 200 ")


def test_an_announced_body_that_is_not_asked_for_ends_the_connection(connect: Callable[[], socket.socket]) -> None:
    with closing(connect()) as connection:
        head = b"POST /unread HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head)
        assert read_all(connection).endswith(b"here")


def test_the_rest_of_a_body_that_is_not_asked_for_is_skipped(compiled: bool) -> None:
    with serving(choose_connection_class(compiled=compiled)) as connect, closing(connect()) as connection:
        connection.sendall(b"POST /unread HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n")
        assert until(connection, b"here").startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"x" * 200_000)
        assert ask(connection).startswith(b"HTTP/1.1 200 ")


def test_who_takes_nothing_of_an_answer_is_left(connect: Callable[[], socket.socket]) -> None:
    with closing(connect()) as connection:
        connection.sendall(HEAD.replace(b" / ", b" /large ") + b"\r\n")
        while LOST.get(timeout=60) != connection.getsockname()[1]:
            pass
        assert len(read_all(connection)) < len(ANSWER)


@pytest.mark.parametrize(("unsent", "aborted"), [([300_000, 200_000, 100_000], False), ([300_000, 299_999], True)])
def test_who_takes_it_slowly_is_waited_for(compiled: bool, unsent: list[int], aborted: bool) -> None:
    """The successive checks of the pace, with the bytes that are still to be sent at each."""
    looks: list[tuple[Callable[[int], None], int]] = []
    ended: list[bool] = []
    sizes = iter(unsent)
    protocol = choose_connection_class(compiled=compiled)
    connection = protocol.__new__(protocol)
    connection.loop = cast("Any", SimpleNamespace(call_later=lambda _, look, size: looks.append((look, size))))
    connection.transport = cast(
        "Any", SimpleNamespace(get_write_buffer_size=lambda: next(sizes), abort=lambda: ended.append(True))
    )
    connection.flow = FlowControl(connection.transport)
    connection.flow.write_paused = True
    connection.pause_writing()
    for _ in unsent[1:]:
        look, size = looks.pop()
        look(size)
    assert bool(ended) is aborted
    assert bool(looks) is not aborted


def test_where_there_are_too_many_an_idle_one_makes_room(connect: Callable[[], socket.socket]) -> None:
    opened = [connect() for _ in range(9)]
    try:
        answers = [ask(connection) for connection in reversed(opened[6:])]
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
        assert [connection.recv(1) for connection in opened[:6]] == [b""] * 6
    finally:
        for connection in opened:
            connection.close()


def test_a_websocket_has_no_head_to_wait_for(connect: Callable[[], socket.socket]) -> None:
    asked = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    with closing(connect()) as connection, closing(connect()) as other:
        connection.sendall(HEAD + asked + key)
        assert until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        other.sendall(HEAD)
        assert read_all(other)  # the time for a head has passed
        connection.sendall(b"\x81\x80\x00\x00\x00\x00")  # an empty message, masked with zeros
        assert until(connection, b"here").startswith(b"\x81\x04")
