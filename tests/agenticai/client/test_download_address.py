"""The address of downloads: the emulator's own, with the signed path."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from agenticai.client.api import ProjectsApi

SIGNED = "/bucket/a%20b/%C3%BC%2Bc?X-Amz-SignedHeaders=host&X-Amz-Signature=0f"


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a server, and its requests."""
    heard: list[str] = []

    class Hearing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(f"{self.headers['Host']}{self.path}")
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"there")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Hearing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


@pytest.mark.parametrize("named", ["http://host.docker.internal:4566", "http://gateway:4567"])
def test_a_name_that_leads_nowhere_from_here_is_kept_in_the_request_alone(
    asked: tuple[str, list[str]], named: str
) -> None:
    emulator_url, heard = asked
    with ProjectsApi("http://api", "token", emulator_url=emulator_url) as api:
        assert api.download(f"{named}{SIGNED}") == b"there"
    assert heard == [f"{named.partition('://')[2]}{SIGNED}"]


def test_an_address_of_aws_is_asked_as_it_is(asked: tuple[str, list[str]]) -> None:
    url, heard = asked
    with ProjectsApi("http://api", "token") as api:
        assert api.download(f"{url}{SIGNED}") == b"there"
    assert heard == [f"{url.partition('://')[2]}{SIGNED}"]
