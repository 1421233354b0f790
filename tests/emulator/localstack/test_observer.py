"""The observer gets events with a token, which may be in a file that is written later."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from agenticai.emulator.engines.localstack.extensions.localstack_without_docker.observer import Observer


@pytest.fixture
def told() -> Iterator[tuple[str, list[tuple[str | None, str]]]]:
    """Yield the observer's address, and the token and event of each document."""
    heard: list[tuple[str | None, str]] = []

    class Hearing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append((self.headers["Authorization"], document["event"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Hearing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


def test_a_token_goes_along_where_there_is_one(told: tuple[str, list[tuple[str | None, str]]]) -> None:
    url, heard = told
    Observer(url).send_event("environment ended")
    Observer(url, "sesame").send_event("environment ended")
    assert heard == [(None, "environment ended"), ("Bearer sesame", "environment ended")]


def test_a_token_in_a_file_is_read_each_time(told: tuple[str, list[tuple[str | None, str]]], tmp_path: Path) -> None:
    url, heard = told
    file = tmp_path / "secret"
    observer = Observer(url, token_file=str(file))
    observer.send_event("before the file is there")
    file.write_text("one")
    observer.send_event("one")
    file.write_text("another\n")
    observer.send_event("another")
    assert heard == [("Bearer one", "one"), ("Bearer another", "another")]
