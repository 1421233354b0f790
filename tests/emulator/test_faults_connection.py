"""Faults that break a connection, over a real one: behaviour that ASGI leaves to the server."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import httpx2
import pytest
import uvicorn

from agenticai.emulator.faults.rules import BadReply, Call, CallEffect, CallFault, Latency, ModelReply
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.faults.step import Faults
from tests.fakes.asgi import Engine
from tests.fakes.faults import NOW, TOKEN, Clock, Workers

PATH = f"/_gemini/as/{TOKEN}/v1/models/m:generateContent"


@contextlib.contextmanager
def serving(effect: CallEffect) -> Iterator[str]:
    book = FaultBook(lambda: NOW)
    book.set([CallFault(when=Call(nth=2), then=effect)])
    engine = Engine(b'{"candidates": []}' * 100)
    app = Faults(engine, book, Workers(engine), Clock())
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize(
    "effect", [BadReply(do="reply", reply=ModelReply.DROPPED), Latency(do="latency", seconds=90)], ids=lambda e: e.do
)
def test_the_client_loses_the_connection_and_can_make_another(effect: CallEffect) -> None:
    with serving(effect) as url, httpx2.Client(headers={"x-server-timeout": "60"}, timeout=60) as client:
        assert client.post(url, json={}).status_code == 200
        with pytest.raises(httpx2.RemoteProtocolError):
            client.post(url, json={})
        assert client.post(url, json={}).status_code == 200
