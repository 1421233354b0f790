"""A running LocalStack, something that is not one, and one that ends: a small server stands in for it."""

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from agenticai.emulator.core.errors import NoLocalStack
from agenticai.emulator.engines.localstack.server import (
    Edition,
    GatewayAddresses,
    LocalStackProcess,
    build_variables,
    find_free_port,
    read_edition,
)
from tests.integration.cloud import NEVER_SECONDS, alive, eventually

WIRING = GatewayAddresses("http://127.0.0.1:4566", "http://127.0.0.1:4566")
SERVER = """
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"version": "4.13.1", "edition": "community"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
host, _, port = os.environ["GATEWAY_LISTEN"].partition(":")
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""
BROKEN = "raise SystemExit('there is no room')"


def standing_in(folder: Path, source: str) -> Path:
    """Return a program in place of the interpreter with LocalStack."""
    (folder / "server.py").write_text(source)
    program = folder / "python"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} {folder / 'server.py'}\n")
    program.chmod(0o700)
    return program


@contextmanager
def process(folder: Path, source: str) -> Iterator[LocalStackProcess]:
    started = LocalStackProcess(standing_in(folder, source), Path("/functions/python"), folder, WIRING)
    try:
        yield started
    finally:
        started.stop()


def test_it_serves_and_says_what_it_is(tmp_path: Path) -> None:
    with process(tmp_path, SERVER) as started:
        assert str(started.await_healthy()) == "LocalStack 4.13.1 (community)"
        pid = started.pid
    eventually(lambda: not alive(pid))


def test_one_that_does_not_start_is_named_with_its_log(tmp_path: Path) -> None:
    with (
        process(tmp_path, BROKEN) as started,
        pytest.raises(NoLocalStack, match=r"did not start; its log is .*localstack\.log and ends with: there is no"),
    ):
        started.await_healthy()


def test_one_that_is_killed_is_told_of_and_one_that_is_stopped_is_not(tmp_path: Path) -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    with process(tmp_path, SERVER) as started:
        started.await_healthy()
        started.watch(told.put)
        os.kill(started.pid, signal.SIGKILL)
        said = told.get(timeout=NEVER_SECONDS)
    assert said.startswith("LocalStack ended unexpectedly, by SIGKILL. All of its data is lost; its log is ")
    with process(tmp_path, SERVER) as started:
        started.await_healthy()
        watching = started.watch(told.put)
    watching.join(NEVER_SECONDS)
    assert told.empty()


def test_it_knows_the_gateway_and_nothing_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "leak")
    monkeypatch.setenv("LOCALSTACK_AUTH_TOKEN", "leak")
    variables = build_variables(tmp_path, 4711, Path("/functions/python"), WIRING)
    assert "leak" not in variables.values()
    assert variables["LOCALSTACK_HOST"] == "127.0.0.1:4566"
    assert variables["GATEWAY_LISTEN"] == "127.0.0.1:4711"
    assert variables["LAMBDA_LOCAL_AWS_ENDPOINT_URL"] == WIRING.endpoint_url
    assert Path(variables["TMPDIR"]).is_relative_to(tmp_path)


def test_nobody_and_somebody_else_are_no_localstack() -> None:
    with pytest.raises(NoLocalStack, match=r"^No LocalStack answers at http://127\.0\.0\.1:\d+ \(.+\): start it there"):
        read_edition(f"http://127.0.0.1:{find_free_port()}")

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(NoLocalStack, match="is not LocalStack: it has no /_localstack/health"):
            read_edition(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def test_an_edition_that_is_not_known_is_not_said() -> None:
    assert str(Edition("4.13.1", "unknown")) == "LocalStack 4.13.1"
