"""The guard: whose requests it allows and refuses, its answers, and what browsers may read."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from agenticai.emulator.http.guard import LOGGED_FULLY, Allowed, Guard
from tests.fakes.asgi import Client, Engine

HERE = "127.0.0.1:4566"
APP = "http://localhost:5173"
API = "/_aws/execute-api/abc/v1/api/projects"
CORS = [(b"access-control-allow-origin", b"*"), (b"access-control-allow-methods", b"GET")]


def asked(
    path: str = "/", method: str = "POST", allowed: Allowed | None = None, http_version: str = "1.1", **headers: str
) -> tuple[Client, bool]:
    """Send one request through the guard; return the answer, and whether the engine got it."""
    engine = Engine()
    named = {"host": HERE} | {name.replace("_", "-"): value for name, value in headers.items()}
    sent = [(name.encode(), value.encode("latin-1")) for name, value in named.items() if value != "absent"]
    path, _, query = path.partition("?")
    client = Client(path, b"body", method=method, headers=sent)
    client.scope["query_string"] = query.encode()
    client.scope["http_version"] = http_version
    client.ask(Guard(engine, allowed or Allowed()))
    return client, bool(engine.paths)


class TestHost:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1:4566",
            "127.0.0.1",
            "127.8.9.1:1",
            "localhost:4566",
            "LOCALHOST",
            "localhost.",
            "[::1]:4566",
            "[::1]",
            "bucket.localhost:4566",
            "abc.execute-api.localhost:4566",
            "bucket.s3.us-east-1.localhost",
        ],
    )
    def test_a_name_of_this_machine_is_let_in(self, host: str) -> None:
        assert asked(host=host)[1]

    @pytest.mark.parametrize(("http_version", "let_in"), [("1.0", True), ("1.1", False)])
    def test_only_an_old_client_may_name_no_host(self, http_version: str, let_in: bool) -> None:
        assert asked(host="absent", http_version=http_version)[1] is let_in

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:4566",
            "localhost.evil.example",
            "127.0.0.1.evil.example:4566",
            "0.0.0.0:4566",
            "192.168.1.7:4566",
            "[fe80::1]:4566",
            "host.docker.internal:4566",
            "s3.us-east-1.amazonaws.com",
            "xn--lcalhost-60a:4566",
            "notlocalhost",
        ],
    )
    def test_any_other_is_refused_and_told_how_to_be_allowed(self, host: str) -> None:
        client, reached = asked(host=host)
        assert not reached
        assert client.status == 403
        assert b"--allow-host " in client.body

    @pytest.mark.parametrize("host", ["", " ", "a@localhost", "localhost/path", "localhost:port", "local host", "a,b"])
    def test_what_is_no_name_is_refused(self, host: str) -> None:
        client, reached = asked(host=host)
        assert (client.status, reached) == (403, False)

    def test_two_are_refused(self) -> None:
        client = Client("/", headers=[(b"host", b"localhost"), (b"host", b"evil.example")])
        engine = Engine()
        assert client.ask(Guard(engine, Allowed())).status == 403
        assert engine.paths == []

    def test_a_whole_address_in_place_of_a_path_is_refused(self) -> None:
        client = Client("/", headers=[(b"host", b"localhost")])
        client.scope["raw_path"] = b"http://evil.example/"
        assert client.ask(Guard(Engine(), Allowed())).status == 403

    def test_a_name_that_was_allowed_is_let_in(self) -> None:
        allowed = Allowed(hosts=["host.docker.internal", "bench.example"])
        assert asked(host="host.docker.internal:4566", allowed=allowed)[1]
        assert asked(host="Bench.Example", allowed=allowed)[1]


class TestPrograms:
    @pytest.mark.parametrize("agent", ["Boto3/1.43 md/Botocore", "curl/8.5.0", "aws-sdk-js/3.1", "absent"])
    @pytest.mark.parametrize("path", ["/", "/_harness/clock/advance", "/_ministack/reset", "/_gemini/v1", API])
    def test_they_are_not_asked(self, agent: str, path: str) -> None:
        assert asked(path, user_agent=agent)[1]

    def test_nothing_is_changed_in_what_they_are_answered(self) -> None:
        client = Client("/", headers=[(b"host", b"localhost")])
        assert client.ask(Guard(answering(CORS), Allowed())).headers == {n.decode(): v.decode() for n, v in CORS}


FOREIGN: list[dict[str, Any]] = [
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "cross-site", "origin": "http://evil.example"},
    {"sec_fetch_site": "same-site", "origin": "http://127.0.0.1:8501"},
    {"sec_fetch_site": "cross-site", "origin": "null"},
    {"sec_fetch_site": "anything"},
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "https://127.0.0.1:4566"},
    {"origin": "http://127.0.0.1:45666"},
    {"origin": "http://localhost:4566"},
    {"referer": "http://evil.example/page"},
    {"referer": "about:blank"},
    {"referer": "http://[not-an-address"},
    {"referer": f"http://{HERE}/a"},
    {"sec_fetch_site": "cross-site", "referer": f"http://{HERE}/a"},
    {"user_agent": "Mozilla/5.0 (X11; Linux x86_64)"},
]


class TestPages:
    @pytest.mark.parametrize("headers", FOREIGN, ids=str)
    @pytest.mark.parametrize("path", ["/", "/?Action=PurgeQueue", "/_harness/faults", "/_ministack/reset", API])
    def test_what_comes_from_elsewhere_is_refused_before_its_body_is_read(
        self, headers: dict[str, Any], path: str
    ) -> None:
        client, reached = asked(path, **headers)
        assert (client.status, reached) == (403, False)
        assert b"--allow-origin" in client.body
        assert len(client.unread) == 2
        assert client.headers["connection"] == "close"

    @pytest.mark.parametrize("headers", FOREIGN[:-1], ids=str)
    def test_to_look_is_refused_too(self, headers: dict[str, Any]) -> None:
        assert not asked("/_harness/usage", "GET", **headers)[1]
        assert not asked("/", "OPTIONS", access_control_request_method="POST", **headers)[1]

    def test_a_page_without_an_origin_is_told_what_would_have_to_be_allowed(self) -> None:
        body = asked(origin="null")[0].body
        assert b"serve the page over HTTP" in body
        assert b"null" not in body

    def test_a_link_names_the_page_that_it_is_on(self) -> None:
        client, _ = asked("/", "GET", sec_fetch_site="same-site", referer=f"{APP}/page")
        assert f"--allow-origin {APP}`".encode() in client.body

    def test_a_typed_address_may_look_and_no_more(self) -> None:
        assert asked(f"{API}/docs", "GET", sec_fetch_site="none")[1]
        assert asked("/bucket/package.zip?X-Amz-Signature=1", "GET", sec_fetch_site="none")[1]
        assert asked(f"{API}?action=list", "GET", sec_fetch_site="none")[1]
        assert not asked("/?Action=PurgeQueue&QueueUrl=q", "GET", sec_fetch_site="none")[1]
        assert not asked("/?QueueUrl=q&action=PurgeQueue", "GET", sec_fetch_site="none")[1]
        assert not asked("/?%41ction&Action=", "GET", sec_fetch_site="none")[1]
        assert not asked("/service/AmazonSQS/operation/CancelMessageMoveTask?x", "GET", sec_fetch_site="none")[1]
        assert not asked("/_ministack/reset", "POST", sec_fetch_site="none")[1]

    def test_a_page_that_is_opened_here_has_no_origin(self) -> None:
        client, _ = asked("/bucket/index.html", "GET", sec_fetch_site="none", sec_fetch_mode="navigate")
        assert client.headers["content-security-policy"].startswith("sandbox ")
        assert "allow-same-origin" not in client.headers["content-security-policy"]


OWN: list[dict[str, Any]] = [
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "same-origin", "origin": f"http://{HERE}"},
    {"origin": f"http://{HERE}"},  # an address for which browsers send nothing else
]


@pytest.mark.parametrize("headers", OWN, ids=str)
class TestPagesOfDeployedApis:
    """Pages from the engine's own origin; all except those of deployed APIs have no origin."""

    def test_they_may_call_apis(self, headers: dict[str, Any]) -> None:
        assert asked(API, **headers)[1]
        assert asked("/restapis/abc/v1/_user_request_/x", "PUT", **headers)[1]

    @pytest.mark.parametrize("path", ["/", "/_harness/faults", "/_ministack/reset", "/restapis/abc", "/bucket/key"])
    def test_they_may_call_nothing_else(self, headers: dict[str, Any], path: str) -> None:
        assert not asked(path, **headers)[1]
        assert not asked(path, "GET", sec_fetch_mode="cors", **headers)[1]

    def test_they_may_link_to_what_is_then_a_page_without_an_origin(self, headers: dict[str, Any]) -> None:
        client, reached = asked("/bucket/index.html", "GET", sec_fetch_mode="navigate", **headers)
        assert reached
        assert client.headers["content-security-policy"].startswith("sandbox ")
        assert not asked("/?Action=PurgeQueue", "GET", sec_fetch_mode="navigate", **headers)[1]

    def test_they_have_an_origin(self, headers: dict[str, Any]) -> None:
        client, _ = asked(f"{API}/docs", "GET", sec_fetch_mode="navigate", **headers)
        assert "content-security-policy" not in client.headers

    def test_they_may_do_all_where_their_origin_is_allowed(self, headers: dict[str, Any]) -> None:
        allowed = Allowed(origins=[f"http://{HERE}"])
        assert asked("/", allowed=allowed, **headers)[1]
        client, _ = asked("/bucket/index.html", "GET", allowed, sec_fetch_mode="navigate", **headers)
        assert "content-security-policy" not in client.headers


def test_without_a_host_nothing_is_a_page_of_ones_own() -> None:
    assert not asked("/bucket/key", "GET", host="absent", sec_fetch_site="same-origin", accept="text/html")[1]


class TestAllowedOrigins:
    ALLOWED = Allowed(origins=[APP])

    def test_its_requests_pass_and_may_be_read(self) -> None:
        client, reached = asked("/", allowed=self.ALLOWED, sec_fetch_site="cross-site", origin=APP)
        assert reached
        assert client.headers["access-control-allow-origin"] == APP
        assert client.headers["vary"] == "Origin"

    def test_its_preflight_is_answered_with_what_it_asks_for(self) -> None:
        client, reached = asked(
            "/",
            "OPTIONS",
            self.ALLOWED,
            origin=APP,
            access_control_request_method="PUT",
            access_control_request_headers="x-amz-target,authorization",
            access_control_request_private_network="true",
        )
        assert not reached
        assert client.status == 204
        assert client.headers["access-control-allow-methods"] == "PUT"
        assert client.headers["access-control-allow-headers"] == "x-amz-target,authorization"
        assert client.headers["access-control-allow-private-network"] == "true"

    def test_others_are_refused_as_before(self) -> None:
        assert not asked("/", allowed=self.ALLOWED, origin=f"{APP}0")[1]
        assert not asked("/", allowed=self.ALLOWED, origin="http://localhost")[1]

    def test_what_its_pages_show_and_link_is_read_and_no_more(self) -> None:
        embedded = {"sec_fetch_site": "cross-site", "referer": f"{APP}/"}
        assert asked("/bucket/picture.png", "GET", self.ALLOWED, **embedded)[1]
        assert not asked("/?Action=PurgeQueue", "GET", self.ALLOWED, **embedded)[1]
        assert not asked("/", "POST", self.ALLOWED, **embedded)[1]

    @pytest.mark.parametrize("named", [APP, "*"])
    @pytest.mark.parametrize("path", [API, "/restapis/abc/v1/_user_request_/x"])
    def test_a_deployed_api_lets_in_on_its_own_paths_and_answers_itself(self, named: str, path: str) -> None:
        allowed = Allowed(api_origins={"abc": {named}}.__getitem__)
        client = Client(path, method="OPTIONS", headers=[(b"host", HERE.encode()), (b"origin", APP.encode())])
        assert client.ask(Guard(answering(CORS), allowed)).headers["access-control-allow-methods"] == "GET"

    @pytest.mark.parametrize(
        ("host", "path"),
        [
            (HERE, "/"),
            (HERE, "/_harness/usage"),
            (HERE, "/bucket/_aws/execute-api/abc/"),
            (HERE, "/_aws/execute-api/other/v1/"),
            (HERE, "/_aws/execute-api/"),
            (HERE, "/_aws/execute-api//v1/"),
            (HERE, "/restapis/abc"),
            (HERE, "/restapis/abc/deployments"),
            (HERE, "/restapis/abc/v1/_user_requests"),
            ("abc.execute-api.localhost:4566", "/_ministack/reset"),
            ("abc.execute-api.localhost:4566", "/"),
            ("bucket.localhost:4566", API),
        ],
    )
    def test_it_lets_in_nowhere_else(self, host: str, path: str) -> None:
        allowed = Allowed(api_origins=lambda api: {"*"} if api == "abc" else set())
        assert not asked(path, allowed=allowed, host=host, origin=APP)[1]
        assert not asked(path, "OPTIONS", allowed, host=host, origin=APP, access_control_request_method="POST")[1]

    def test_nothing_else_that_the_engine_says_of_origins_leaves_it(self) -> None:
        headers = [(b"host", HERE.encode()), (b"sec-fetch-site", b"none")]
        client = Client("/", method="GET", headers=headers).ask(Guard(answering(CORS), Allowed()))
        assert not [name for name in client.headers if name.startswith("access-control")]


class TestWebSockets:
    @pytest.mark.parametrize(
        ("headers", "accepted"),
        [({}, True), ({"origin": "http://evil.example"}, False), ({"sec-fetch-site": "cross-site"}, False)],
    )
    def test_a_handshake_of_a_foreign_page_is_refused(self, headers: dict[str, str], accepted: bool) -> None:
        sent: list[str] = []

        async def engine(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "websocket.accept"})

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            sent.append(message["type"])

        named = {"host": HERE, **headers}
        scope = {
            "type": "websocket",
            "scheme": "ws",
            "path": "/",
            "raw_path": b"/",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
        asyncio.run(Guard(engine, Allowed())(scope, receive, send))
        assert sent == (["websocket.accept"] if accepted else ["websocket.close"])


class TestLog:
    def test_a_refusal_is_recorded_without_what_could_break_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            asked("/a\nforged line", origin="http://evil.example")
        (record,) = caplog.records
        assert r"POST /a\nforged line" in record.getMessage()
        assert "http://evil.example" in record.getMessage()

    def test_a_flood_is_not(self, caplog: pytest.LogCaptureFixture) -> None:
        guard = Guard(Engine(), Allowed())
        with caplog.at_level(logging.WARNING):
            for _ in range(10 * LOGGED_FULLY):
                Client("/", headers=[(b"host", b"evil.example")]).ask(guard)
        assert len(caplog.records) == LOGGED_FULLY + 9


def answering(headers: list[tuple[bytes, bytes]]) -> Engine:
    """Return an engine that answers with these headers."""

    class Answering(Engine):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    return Answering()
