"""The proxy forwards requests and answers unchanged, byte for byte, as they arrive."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2

from agenticai.emulator.engines.localstack.proxy import Proxy, select_end_to_end
from tests.fakes.asgi import Client, signed

UPSTREAM = "http://127.0.0.1:1"
BODY = (b"content-length", b"6")


class Pieces(httpx2.AsyncByteStream):
    """An answer's body in pieces; it waits for the event, if there is one, before the last."""

    def __init__(self, *pieces: bytes, until: asyncio.Event | None = None) -> None:
        self._pieces = pieces
        self._until = until
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces[:-1]:
            yield piece
        if self._until:
            await self._until.wait()
        yield self._pieces[-1]

    async def aclose(self) -> None:
        self.closed = True


class Upstream(httpx2.AsyncBaseTransport):
    """LocalStack: keeps its requests, and gives one answer."""

    def __init__(self, answer: httpx2.Response | None = None, error: Exception | None = None) -> None:
        self.answer = answer or httpx2.Response(200, stream=Pieces(b"do", b"ne"))
        self.error = error
        self.asked: list[httpx2.Request] = []
        self.bodies: list[list[bytes]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if self.error:
            raise self.error
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        self.bodies.append([piece async for piece in request.stream if piece])
        return self.answer


class TestRequests:
    def test_path_query_and_signed_headers_go_on_as_they_came(self) -> None:
        headers = [(b"host", b"bucket.localhost:4566"), *signed("s3", "token")]
        client = Client("/bucket/a%2Fb%20c//d", method="GET", headers=headers)
        client.scope["query_string"] = b"X-Amz-Signature=a%2Bb&list-type=2&empty="
        upstream = Upstream()
        client.ask(Proxy(UPSTREAM, upstream))
        (asked,) = upstream.asked
        assert asked.extensions["target"] == b"/bucket/a%2Fb%20c//d?X-Amz-Signature=a%2Bb&list-type=2&empty="
        assert asked.headers.raw == client.scope["headers"]
        assert str(asked.url).startswith(UPSTREAM)

    def test_white_space_around_a_value_does_not_go_on(self) -> None:
        upstream = Upstream()
        Client("/", method="GET", headers=[(b"authorization", b" Bearer \t")]).ask(Proxy(UPSTREAM, upstream))
        assert (b"authorization", b"Bearer") in upstream.asked[0].headers.raw

    def test_a_body_goes_on_piece_by_piece_with_its_length(self) -> None:
        upstream = Upstream()
        Client("/", b"abc", b"def", headers=[BODY]).ask(Proxy(UPSTREAM, upstream))
        assert upstream.bodies == [[b"abc", b"def"]]
        assert upstream.asked[0].headers.get_list("content-length") == ["6"]
        assert "transfer-encoding" not in upstream.asked[0].headers

    def test_a_body_of_unknown_length_goes_on_in_chunks(self) -> None:
        upstream = Upstream()
        Client("/", b"abc", headers=[(b"transfer-encoding", b"chunked")]).ask(Proxy(UPSTREAM, upstream))
        assert upstream.asked[0].headers["transfer-encoding"] == "chunked"
        assert upstream.bodies == [[b"abc"]]

    def test_what_is_for_one_connection_only_does_not_go_on(self) -> None:
        headers = [(b"Connection", b"keep-alive, X-Mine"), (b"X-Mine", b"1"), (b"TE", b"trailers"), (b"X-Kept", b"2")]
        assert select_end_to_end([*headers, (b"Expect", b"100-continue")]) == [(b"X-Kept", b"2")]


class TestAnswers:
    def test_status_headers_and_pieces_come_back_as_they_are(self) -> None:
        raw = [
            (b"x-amz-request-id", b"1"),
            (b"set-cookie", b"a"),
            (b"set-cookie", b"b"),
            (b"content-encoding", b"gzip"),
        ]
        answer = httpx2.Response(404, headers=[*raw, (b"connection", b"close")], stream=Pieces(b"\x1f\x8b", b"no gzip"))
        client = Client().ask(Proxy(UPSTREAM, Upstream(answer)))
        assert client.answers[0] == {"type": "http.response.start", "status": 404, "headers": raw}
        assert [message["body"] for message in client.answers[1:]] == [b"\x1f\x8b", b"no gzip", b""]

    def test_the_first_piece_is_here_before_the_last_is_there(self) -> None:
        async def call() -> None:
            until = asyncio.Event()
            client = Client()
            proxy = Proxy(UPSTREAM, Upstream(httpx2.Response(200, stream=Pieces(b"first", b"last", until=until))))
            asking = asyncio.create_task(client.call(proxy))
            while client.body != b"first":
                await asyncio.sleep(0)
            until.set()
            await asking
            assert client.body == b"firstlast"
            assert client.complete

        asyncio.run(call())

    def test_who_has_gone_is_not_answered_any_further(self) -> None:
        async def call() -> None:
            body = Pieces(b"first", b"never", until=asyncio.Event())
            client = Client()
            asking = asyncio.create_task(client.call(Proxy(UPSTREAM, Upstream(httpx2.Response(200, stream=body)))))
            while client.body != b"first":
                await asyncio.sleep(0)
            client.gone.set()
            await asking
            assert body.closed
            assert not client.complete

        asyncio.run(call())


class TestFailures:
    def test_where_nothing_answers_the_error_is_one_of_the_services(self) -> None:
        proxy = Proxy(UPSTREAM, Upstream(error=httpx2.ConnectError("refused")))
        sqs = Client(headers=signed("sqs", target="AmazonSQS.SendMessage")).ask(proxy)
        s3 = Client("/bucket", method="GET", headers=signed("s3")).ask(proxy)
        said = json.loads(sqs.body)
        assert (sqs.status, s3.status) == (503, 503)
        assert said["__type"] == "com.amazonaws.sqs#ServiceUnavailable"
        assert said["message"] == f"LocalStack at {UPSTREAM} does not answer (refused): start it again."
        assert b"<Code>ServiceUnavailable</Code>" in s3.body

    def test_a_web_socket_is_closed(self) -> None:
        sent = []

        async def call() -> None:
            async def send(message: dict[str, object]) -> None:
                sent.append(message["type"])

            await Proxy(UPSTREAM, Upstream())({"type": "websocket"}, Client().receive, send)  # type: ignore[arg-type]

        asyncio.run(call())
        assert sent == ["websocket.close"]
