"""The guard on a running engine: raw sockets, AWS's clients, and an address that other machines can reach."""

import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.http.reach import Reach
from agenticai.emulator.process import Engine, start_engine
from tests.integration.cloud import CASSETTES, Cloud
from tests.integration.stepped import SERVERS

FORM = b"Action=CreateQueue&QueueName=made-by-a-page"
FOREIGN = b"Origin: http://evil.example\r\n"


@pytest.fixture(scope="module", params=SERVERS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    run_dir, pure_python = tmp_path_factory.mktemp("engine"), request.param == "pure-python"
    with start_engine(cassettes=CASSETTES, run_dir=run_dir, pure_python=pure_python) as running:
        yield running


@pytest.fixture(scope="module")
def cloud(engine: Engine) -> Iterator[Cloud]:
    with Cloud(engine.endpoint_url) as cloud:
        yield cloud


def exchange(port: int, request: bytes) -> tuple[int, bytes]:
    """Send raw bytes; return the status and everything that is received until the engine closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        answer = bytearray()
        while piece := connection.recv(65536):
            answer += piece
    status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(status[1]) if status else 0, bytes(answer)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", ["/", "/_harness/clock/advance", "/_ministack/reset", "/_gemini/v1beta/models"])
def test_a_form_of_a_page_is_refused_and_its_body_not_awaited(
    cloud: Cloud, engine: Engine, kind: str, path: str
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 1000000\r\n"
    status, answer = exchange(engine.port, head.encode() + FOREIGN + b"\r\n" + FORM)
    assert status == 403
    assert b"--allow-origin http://evil.example" in answer
    assert not cloud.sqs.list_queues(QueueNamePrefix="made-by-a-page").get("QueueUrls")


def test_a_name_that_resolves_here_is_refused(engine: Engine) -> None:
    request = b"GET /_harness/usage HTTP/1.1\r\nHost: evil.example:4566\r\nConnection: close\r\n\r\n"
    status, answer = exchange(engine.port, request)
    assert (status, b"--allow-host evil.example" in answer) == (403, True)


def test_a_request_without_a_host_is_a_programs(engine: Engine) -> None:
    assert exchange(engine.port, b"GET /_harness/health HTTP/1.0\r\n\r\n")[0] == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET http://evil.example/_harness/usage HTTP/1.1\r\nHost: localhost\r\n",
        b"GET /_harness/usage HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
        b"GET /_harness/usage HTTP/1.1\r\nHost: localhost@evil.example\r\n",
        b"GET /_harness/usage HTTP/1.1\r\n",
    ],
)
def test_what_is_no_plain_request_is_refused(engine: Engine, head: bytes) -> None:
    assert exchange(engine.port, head + b"Connection: close\r\n\r\n")[0] in {400, 403}


def test_a_websocket_of_a_page_is_not_opened(engine: Engine) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    assert exchange(engine.port, head + key + FOREIGN + b"\r\n")[0] == 403


def test_a_preflight_of_a_page_is_refused_and_says_nothing_of_origins(engine: Engine) -> None:
    head = b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n"
    status, answer = exchange(engine.port, head + FOREIGN + b"\r\n")
    assert status == 403
    assert b"access-control" not in answer.lower()


@pytest.fixture(scope="module")
def open_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Path]]:
    """An engine that listens on all addresses, with one name and one origin allowed."""
    run_dir = tmp_path_factory.mktemp("open")
    reach = Reach("0.0.0.0", ["bench.example"], ["http://localhost:5173"])  # noqa: S104 - what is tested
    with start_engine(cassettes=CASSETTES, run_dir=run_dir, reach=reach) as engine:
        yield engine, run_dir


class TestReachedFromElsewhere:
    def test_the_control_api_asks_for_the_secret_of_the_run(self, open_engine: tuple[Engine, Path]) -> None:
        engine, run_dir = open_engine
        with (
            ControlClient(engine.endpoint_url, environ={}) as stranger,
            pytest.raises(ControlError, match="set AGENTICAI_CONTROL_TOKEN"),
        ):
            stranger.health()
        with ControlClient(engine.endpoint_url, token=engine.control_token) as owner:
            assert owner.health().status == "ok"
        assert stat.S_IMODE((run_dir / "control-token").stat().st_mode) == 0o600

    def test_a_name_that_was_allowed_is_answered(self, open_engine: tuple[Engine, Path]) -> None:
        url = f"{open_engine[0].endpoint_url}/_ministack/health"
        assert httpx2.get(url, headers={"Host": "bench.example"}, timeout=60).status_code == 200
        assert httpx2.get(url, headers={"Host": "other.example"}, timeout=60).status_code == 403

    def test_an_origin_that_was_allowed_may_read(self, open_engine: tuple[Engine, Path]) -> None:
        url, origin = f"{open_engine[0].endpoint_url}/_ministack/health", "http://localhost:5173"
        assert httpx2.get(url, headers={"Origin": origin}, timeout=60).headers["access-control-allow-origin"] == origin


def test_on_this_machine_alone_there_is_no_secret(engine: Engine) -> None:
    assert engine.control_token is None
