"""The order of the gateway's steps, with the meter, before engines that only answer."""

import asyncio
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.core.usage_records import CallCount
from agenticai.emulator.gateway import GatewayStep, chain, mount
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.meter.step import Meter

SIGNED = b"AWS4-HMAC-SHA256 Credential=0/20261123/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"
FORM = (b"content-type", b"application/x-www-form-urlencoded; charset=utf-8")


def answering(*bodies: bytes, status: int = 200, headers: Sequence[tuple[bytes, bytes]] = ()) -> ASGIApp:
    """Return an application that reads the request and gives this answer in pieces."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for body in bodies:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def ask(
    app: ASGIApp, path: str, *pieces: bytes, method: str = "POST", headers: Sequence[tuple[bytes, bytes]] = ()
) -> list[Message]:
    """Return what the application sends for one request."""
    requests = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    requests.append({"type": "http.request", "body": b"", "more_body": False})
    answers: list[Message] = []

    async def receive() -> Message:
        return requests.pop(0)

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": headers}
    run(app, scope, receive, send)
    return answers


def run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Call the application once, in its own event loop."""

    async def call() -> None:
        await app(scope, receive, send)

    asyncio.run(call())


def body(answers: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in answers)


class TestOrder:
    def test_steps_are_taken_in_the_order_of_the_list(self) -> None:
        taken: list[str] = []

        def step(name: str) -> GatewayStep:
            def wrap(after: ASGIApp) -> ASGIApp:
                async def app(scope: Scope, receive: Receive, send: Send) -> None:
                    taken.append(name)
                    await after(scope, receive, send)

                return app

            return wrap

        ask(chain([step("first"), step("second")], answering()), "/")
        assert taken == ["first", "second"]

    def test_each_request_reaches_the_step_that_it_is_for(self) -> None:
        steps = [mount("/_harness", answering(b"control")), mount("/_gemini", answering(b"gemini"))]
        app = chain(steps, answering(b"engine"))
        assert body(ask(app, "/_harness/health")) == b"control"
        assert body(ask(app, "/_gemini/v1/models/m:generateContent")) == b"gemini"
        assert body(ask(app, "/bucket/key")) == b"engine"
        assert body(ask(app, "/_harnessed")) == b"engine"

    def test_the_engine_gets_the_lifespan(self) -> None:
        seen: list[str] = []

        async def engine(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope["type"])

        async def receive() -> Message:
            return {}

        async def send(_: Message) -> None: ...

        app = chain([mount("/_harness", answering()), lambda app: Meter(app, Ledger())], engine)
        run(app, {"type": "lifespan"}, receive, send)
        assert seen == ["lifespan"]


class TestMeter:
    def metered(self, engine: ASGIApp, path: str, *pieces: bytes, service: bytes, **headers: bytes) -> CallCount:
        ledger = Ledger()
        signed = [(b"authorization", SIGNED % service)]
        more = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
        ask(Meter(engine, ledger), path, *pieces, headers=[*signed, *more], method="POST" if pieces else "GET")
        (row,) = ledger.report_usage().calls
        return row

    def test_bytes_are_those_of_the_bodies(self) -> None:
        engine = answering(b"abc", b"de")
        row = self.metered(engine, "/", b"1234", b"56", service=b"dynamodb", x_amz_target=b"DynamoDB_20120810.Query")
        assert (row.service, row.operation, row.calls) == ("dynamodb", "Query", 1)
        assert (row.request_bytes, row.response_bytes) == (6, 5)
        assert row.errors == {}

    def test_a_form_names_the_operation_even_in_pieces(self) -> None:
        pieces = (b"Act", b"ion=GetRole&Version=1")
        row = self.metered(answering(), "/", *pieces, service=b"iam", content_type=FORM[1])
        assert row.operation == "GetRole"

    def test_error_codes_come_from_header_json_and_xml(self) -> None:
        by_header = answering(status=404, headers=[(b"x-amzn-errortype", b"ResourceNotFoundException:http://x")])
        by_json = answering(b'{"__type": "com.amazonaws#Throttled", "message": ""}', status=400)
        by_xml = answering(b"<Error><Code>NoSuchKey</Code></Error>", status=404)
        not_utf_8 = answering(b"\xff<Code>InvalidRange</Code>", status=416)
        without = answering(status=503)
        codes = [
            next(iter(self.metered(engine, "/b/k", service=b"s3").errors))
            for engine in (by_header, by_json, by_xml, not_utf_8, without)
        ]
        assert codes == ["ResourceNotFoundException", "Throttled", "NoSuchKey", "InvalidRange", "503"]

    def test_the_call_is_booked_before_its_answer_is_whole(self) -> None:
        ledger = Ledger()
        booked: list[int] = []

        def watching(after: ASGIApp) -> ASGIApp:
            async def app(scope: Scope, receive: Receive, send: Send) -> None:
                async def watch(message: Message) -> None:
                    booked.append(ledger.report_usage().total_calls)
                    await send(message)

                await after(scope, receive, watch)

            return app

        app = chain([watching, lambda app: Meter(app, ledger)], answering(b"x"))
        ask(app, "/b/k", method="GET", headers=[(b"authorization", SIGNED % b"s3")])
        assert booked == [0, 0, 1]

    def test_a_projects_first_request_is_its_own(self) -> None:
        ledger, project = Ledger(), "01J9ZX3QK8M2V5T7W4R6Y1B0CD"
        created = answering(b"{}", status=201, headers=[(b"location", f"/api/projects/{project}".encode())])
        ask(Meter(created, ledger), "/_aws/execute-api/id/dev/api/projects", b"{}")
        assert [call.service for call in ledger.report_usage(project).calls] == ["execute-api"]

    def test_what_is_not_to_aws_is_not_counted(self) -> None:
        ledger = Ledger()
        ask(Meter(answering(), ledger), "/_ministack/health", method="GET")
        assert ledger.report_usage().calls == ()

    def test_a_request_that_gets_no_answer_is_counted_as_aborted(self) -> None:
        async def silent(scope: Scope, receive: Receive, send: Send) -> None:
            return

        assert self.metered(silent, "/b/k", service=b"s3").errors == {"Aborted": 1}
