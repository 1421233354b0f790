"""Wrong answers at an engine's address, and wrong AWS variables, never cause a traceback."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import NoRegionError

from agenticai.stack.deploying import translate_aws_errors
from agenticai.stack.errors import TargetError
from agenticai.stack.stage import read_stage_outputs
from agenticai.stack.target import Target


class _Handler(BaseHTTPRequestHandler):
    """Answers every request with what the server was created with."""

    server: "_Server"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET  # noqa: N815 - as http.server names it

    def log_message(self, *_: object) -> None:
        """Write no log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    status: int
    kind: str
    body: bytes


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Iterator[str]:
    """Start a server that is not an engine; yield its address."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.status, server.kind, server.body = status, kind, body
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", b"<html><body>Hello</body></html>"),
        (404, "text/html", b"<html>No</html>"),
        (500, "text/html", b"<html>No</html>"),
        (200, "application/json", b"{}"),
        (401, "application/json", b'{"message": "no"}'),
        (200, "text/xml", b"<a/>"),
        (200, "text/plain", b""),
        (302, "text/plain", b""),
    ],
)
def test_a_server_that_is_no_engine_is_said_so(status: int, kind: str, body: bytes) -> None:
    with (
        answering(status, kind, body) as address,
        pytest.raises(TargetError, match=f"The server at {address} is not the AWS API of an engine"),
    ):
        read_stage_outputs(Target.endpoint(address), "dev")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:4566",
        "http://",
        "ftp://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:x",
        "http://[::1",
        "http://[/nope]",
        "http://127.0.0.1:1/path",
        "http://127.0.0.1:1/?x=1",
        "http://a b",
        "http://\udcff",
        "http://gr\u00fcn.example",
        "\x1b[2J",
        "",
    ],
)
def test_what_is_no_address_is_said_so(address: str) -> None:
    with pytest.raises(TargetError, match=r"is not the address of an engine: give one such as http://127"):
        Target.endpoint(address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:4566/", "http://[::1]:4566", "https://localhost"])
def test_addresses_are_taken(address: str) -> None:
    assert Target.endpoint(address).endpoint_url == address.rstrip("/")


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_PROFILE": "no-such-profile"},
        {"AWS_CONFIG_FILE": "/dev/null/x"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_ENDPOINT_URL_CLOUDFORMATION": "http://127.0.0.1:9"},
        {"AWS_CA_BUNDLE": " ", "REQUESTS_CA_BUNDLE": ""},
        {"AWS_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""},
        {"AWS_DEFAULTS_MODE": "nonsense"},
        {"AWS_MAX_ATTEMPTS": "nonsense", "AWS_RETRY_MODE": "nonsense"},
        {"AWS_REQUEST_CHECKSUM_CALCULATION": "nonsense"},
    ],
    ids=lambda environ: ",".join(environ),
)
def test_settings_for_aws_itself_do_not_matter(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TargetError, match=r"Nothing answers at http://127\.0\.0\.1:1: start the engine there"):
        read_stage_outputs(Target.endpoint("http://127.0.0.1:1"), "dev")


def test_what_botocore_refuses_by_itself_is_one_sentence() -> None:
    sentence = r"embedded could not be asked: You must specify a region"
    with pytest.raises(TargetError, match=sentence), translate_aws_errors(Target.embedded("http://127.0.0.1:1")):
        raise NoRegionError
