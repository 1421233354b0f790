"""The gateway's step for faults: whose calls it affects, and what each fault does to a call."""

import asyncio
import json
import uuid
from urllib.parse import quote

import pytest
from starlette.types import Receive, Scope, Send

from agenticai.emulator.faults.rules import (
    BadReply,
    Call,
    CallEffect,
    CallFault,
    DeliverAgain,
    Error,
    Hang,
    Hold,
    Kill,
    Latency,
    ModelReply,
)
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.faults.step import Faults, split_token
from tests.fakes.asgi import Client, Engine, signed
from tests.fakes.faults import TOKEN, Clock, Workers

MODEL_PATH = f"/_gemini/as/{TOKEN}/v1/models/gemini-3.5-flash-lite:generateContent"


class Bench:
    """The step with one rule, before an engine, and its surroundings."""

    def __init__(self, effect: CallEffect | None = None, *, when: Call | None = None, answer: bytes = b"done") -> None:
        self.engine = Engine(answer)
        self.workers = Workers(self.engine)
        self.clock = Clock()
        self.book = FaultBook(self.clock.now)
        if effect:
            self.book.set([CallFault(when=when or Call(), then=effect)])
        self.step = Faults(self.engine, self.book, self.workers, self.clock, new_id=lambda: "request-1")

    def ask(self, client: Client) -> Client:
        self.workers.client = client
        return client.ask(self.step)

    @property
    def recorded(self) -> list[tuple[str, str]]:
        return [(call.service, call.operation) for call in self.book.list_calls()]


def put_item() -> Client:
    return Client("/", b"{}", headers=signed("dynamodb", TOKEN, "DynamoDB_20120810.PutItem"))


async def answer_in_parts(scope: Scope, receive: Receive, send: Send) -> None:
    """An application whose answer has two parts."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one", "more_body": True})
    await send({"type": "http.response.body", "body": b"two"})


def ask_model(*headers: tuple[bytes, bytes]) -> Client:
    return Client(MODEL_PATH, b'{"contents": []}', headers=headers)


class TestWhoseCalls:
    def test_a_functions_call_without_a_rule_passes_whole(self) -> None:
        bench = Bench()
        client = bench.ask(Client("/bucket/key", b"12", b"34", method="PUT", headers=signed("s3", TOKEN)))
        assert (client.status, client.body, bench.engine.bodies) == (200, b"done", [b"1234"])
        assert bench.recorded == [("s3", "PutObject")]

    def test_nothing_of_a_body_is_read_ahead(self) -> None:
        bench = Bench()
        client = Client("/bucket/key", b"12", method="PUT", headers=signed("s3", TOKEN))
        unread: list[int] = []

        async def engine(*_: object) -> None:
            unread.append(len(client.unread))

        asyncio.run(client.call(Faults(engine, bench.book, bench.workers, bench.clock)))
        assert unread == [2]

    @pytest.mark.parametrize("token", ["", "another"])
    def test_others_meet_no_fault_and_are_not_counted(self, token: str) -> None:
        bench = Bench(Error(do="error", code="ThrottlingException"))
        client = bench.ask(Client("/", b"{}", headers=signed("dynamodb", token, "DynamoDB_20120810.PutItem")))
        assert (client.status, bench.recorded) == (200, [])

    def test_the_form_of_a_query_names_the_operation_and_stays_whole(self) -> None:
        bench = Bench()
        form = (b"content-type", b"application/x-www-form-urlencoded")
        bench.ask(Client("/", b"Action=GetCaller", b"Identity&x=", b"1", headers=[*signed("sts", TOKEN), form]))
        assert bench.recorded == [("sts", "GetCallerIdentity")]
        assert bench.engine.bodies == [b"Action=GetCallerIdentity&x=1"]

    def test_a_model_call_is_known_by_its_path_which_the_model_does_not_see(self) -> None:
        bench = Bench()
        bench.ask(ask_model())
        assert bench.recorded == [("gemini", "GenerateContent")]
        assert bench.engine.paths == ["/_gemini/v1/models/gemini-3.5-flash-lite:generateContent"]

    def test_the_token_of_an_environment_that_is_gone_is_taken_out_too(self) -> None:
        bench = Bench()
        bench.ask(Client("/_gemini/as/gone/v1/models/m:generateContent"))
        assert (bench.recorded, bench.engine.paths) == ([], ["/_gemini/v1/models/m:generateContent"])

    def test_what_is_no_request_passes_as_it_is(self) -> None:
        passed: list[object] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            passed.extend((scope, receive, send))

        bench, client, scope = Bench(), Client(), {"type": "lifespan"}
        asyncio.run(Faults(app, bench.book, bench.workers, bench.clock)(scope, client.receive, client.send))
        assert passed == [scope, client.receive, client.send]

    def test_a_request_with_a_token_that_is_for_no_service_passes(self) -> None:
        bench = Bench(Error(do="error", code="ThrottlingException"))
        client = bench.ask(Client("/health", headers=[(b"x-amz-security-token", TOKEN.encode())]))
        assert (client.status, bench.recorded) == (200, [])

    def test_a_model_call_that_names_no_method_is_recorded_by_its_http_method(self) -> None:
        bench = Bench()
        bench.ask(Client(f"/_gemini/as/{TOKEN}/v1/models", method="GET"))
        assert bench.recorded == [("gemini", "GET")]

    @pytest.mark.parametrize("raw", [True, False], ids=["with its raw path", "without one"])
    def test_only_the_first_token_is_taken_out_of_a_path(self, raw: bool) -> None:
        scope = Client(f"/_gemini/as/{TOKEN}/v1/as/{TOKEN}/m\u00e4").scope
        scope["raw_path"] = quote(scope["path"]).encode() if raw else None
        passed, token = split_token(scope)
        path = f"/_gemini/v1/as/{TOKEN}/m\u00e4"
        assert (passed["path"], passed["raw_path"]) == (path, quote(path).encode() if raw else path.encode())
        assert token == TOKEN

    def test_of_a_long_form_only_the_beginning_is_read_ahead(self) -> None:
        bench, left = Bench(), list[int]()
        headers = [*signed("sts", TOKEN), (b"content-type", b"application/x-www-form-urlencoded")]
        client = Client("/", b"Action=GetCallerIdentity&x=".ljust(64 * 1024, b"x"), b"more", headers=headers)

        async def app(*_: object) -> None:
            left.append(len(client.unread))

        asyncio.run(client.call(Faults(app, bench.book, bench.workers, bench.clock)))
        assert (left, bench.recorded) == ([2], [("sts", "GetCallerIdentity")])


class TestError:
    def test_the_call_is_refused_and_not_made(self) -> None:
        bench = Bench(Error(do="error", code="ProvisionedThroughputExceededException", message="Slow down."))
        client = bench.ask(put_item())
        assert (client.status, bench.engine.bodies) == (400, [])
        assert json.loads(client.body) == {
            "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "message": "Slow down.",
        }
        assert client.headers["x-amzn-requestid"] == "request-1"

    def test_the_status_is_the_rules(self) -> None:
        bench = Bench(Error(do="error", code="InternalServerError", status=500))
        assert bench.ask(put_item()).status == 500

    def test_each_refusal_has_an_id_of_its_own(self) -> None:
        bench = Bench(Error(do="error", code="ThrottlingException"), when=Call(times=2))
        step = Faults(bench.engine, bench.book, bench.workers, bench.clock)
        first, second = (uuid.UUID(put_item().ask(step).headers["x-amzn-requestid"]) for _ in range(2))
        assert first != second

    def test_the_model_refuses_as_google_does(self) -> None:
        bench = Bench(Error(do="error", code="PERMISSION_DENIED", status=403, message="No."))
        client = bench.ask(ask_model())
        assert client.status == 403
        assert json.loads(client.body) == {"error": {"code": 403, "message": "No.", "status": "PERMISSION_DENIED"}}


class TestLatency:
    def test_the_call_is_made_and_its_answer_waits_on_the_engines_clock(self) -> None:
        bench = Bench(Latency(do="latency", seconds=90))
        client = bench.ask(put_item())
        assert (client.body, client.complete, bench.clock.slept) == (b"done", True, [90])
        assert bench.workers.log == ["blocked for 90.0", "goes on"]

    def test_it_ends_when_the_client_goes(self) -> None:
        bench = Bench(Latency(do="latency", seconds=90))
        bench.clock.stopped = True
        client = put_item()
        client.gone.set()
        bench.ask(client)
        assert bench.workers.log == ["blocked for 90.0", "goes on"]

    @pytest.mark.parametrize(
        ("timeout", "slept", "complete"),
        [(b"60", 60, False), (b"90", 90, False), (b"91", 90, True), (b"soon", 90, True)],
    )
    def test_a_client_of_the_model_that_waits_for_less_loses_the_connection(
        self, timeout: bytes, slept: float, complete: bool
    ) -> None:
        bench = Bench(Latency(do="latency", seconds=90))
        client = bench.ask(ask_model((b"x-server-timeout", timeout)))
        assert (bench.clock.slept, client.complete, client.status) == ([slept], complete, 200)

    @pytest.mark.parametrize(
        "client",
        [ask_model(), Client("/", headers=[*signed("s3", TOKEN), (b"x-server-timeout", b"60")])],
        ids=["of the model, without a timeout", "of another service"],
    )
    def test_any_other_client_waits_for_as_long_as_it_takes(self, client: Client) -> None:
        bench = Bench(Latency(do="latency", seconds=90))
        bench.ask(client)
        assert (bench.clock.slept, client.complete) == ([90], True)

    def test_only_the_beginning_of_an_answer_waits(self) -> None:
        bench = Bench(Latency(do="latency", seconds=90))
        client = put_item()
        asyncio.run(client.call(Faults(answer_in_parts, bench.book, bench.workers, bench.clock)))
        assert (client.body, client.complete, bench.clock.slept) == (b"onetwo", True, [90])
        assert bench.workers.log == ["blocked for 90.0", "goes on"]


class TestHang:
    def test_the_call_is_made_and_never_answered(self) -> None:
        bench = Bench(Hang(do="hang"))

        async def hang() -> Client:
            client = put_item()
            asking = asyncio.create_task(client.call(bench.step))
            while not bench.workers.log and not asking.done():
                await asyncio.sleep(0)
            assert (bench.engine.bodies, asking.done()) == ([b"{}"], False)
            client.gone.set()
            await asking
            return client

        assert asyncio.run(hang()).answers == []
        assert bench.workers.log == ["blocked for None", "goes on"]

    def test_the_function_waits_once_for_an_answer_in_parts(self) -> None:
        bench = Bench(Hang(do="hang"))
        client = put_item()
        client.gone.set()
        asyncio.run(client.call(Faults(answer_in_parts, bench.book, bench.workers, bench.clock)))
        assert (client.answers, bench.workers.log) == ([], ["blocked for None", "goes on"])


class TestKill:
    def test_before_the_call_it_is_not_made(self) -> None:
        bench = Bench(Kill(do="kill", side="before"))
        client = bench.ask(put_item())
        assert (client.answers, bench.engine.bodies, bench.workers.log) == ([], [], ["kill after 0 calls"])

    def test_after_the_call_it_is_made_and_not_answered(self) -> None:
        bench = Bench(Kill(do="kill", side="after"))
        client = bench.ask(put_item())
        assert (client.answers, bench.engine.bodies, bench.workers.log) == ([], [b"{}"], ["kill after 1 calls"])


class TestDeliverAgain:
    def test_the_event_is_worked_on_elsewhere_before_the_call_is_made(self) -> None:
        bench = Bench(DeliverAgain(do="deliver again"))
        client = bench.ask(put_item())
        assert bench.workers.log == ["deliver again after 0 calls"]
        assert (client.body, bench.engine.bodies) == (b"done", [b"{}"])


class TestHold:
    def hold(self, *, then_gone: bool) -> tuple[Bench, Client]:
        bench = Bench(Hold(do="hold"))

        async def hold() -> Client:
            client = put_item()
            asking = asyncio.create_task(client.call(bench.step))
            while not bench.workers.log and not asking.done():
                await asyncio.sleep(0)
            assert bench.engine.bodies == []
            (client.gone if then_gone else bench.workers.let_go).set()
            await asking
            return client

        return bench, asyncio.run(hold())

    def test_the_call_is_made_when_it_is_let_go(self) -> None:
        bench, client = self.hold(then_gone=False)
        assert (client.body, bench.engine.bodies) == (b"done", [b"{}"])

    def test_a_call_whose_function_has_ended_meanwhile_is_not_made(self) -> None:
        bench, client = self.hold(then_gone=True)
        assert (client.answers, bench.engine.bodies) == ([], [])


GOOD = json.dumps({"candidates": [{"content": {"parts": [{"text": "0123456789"}]}, "finishReason": "STOP"}]}).encode()


class TestReply:
    def reply(self, kind: ModelReply) -> tuple[Bench, Client]:
        bench = Bench(BadReply(do="reply", reply=kind, retry_after_s=11), answer=GOOD)
        return bench, bench.ask(ask_model())

    def test_one_that_needs_no_good_reply_does_not_ask_for_it(self) -> None:
        bench, client = self.reply(ModelReply.RATE_LIMITED)
        assert (client.status, bench.engine.bodies) == (429, [])
        assert b'"retryDelay":"11s"' in client.body

    def test_it_counts_the_tokens_of_the_request_and_names_its_model(self) -> None:
        _, client = self.reply(ModelReply.SAFETY)
        answer = json.loads(client.body)
        assert answer["usageMetadata"]["promptTokenCount"] == len(b'{"contents": []}') / 4
        assert answer["modelVersion"] == "gemini-3.5-flash-lite"

    def test_one_that_is_made_of_a_good_reply_asks_for_it(self) -> None:
        bench, client = self.reply(ModelReply.TRUNCATED)
        assert bench.engine.bodies == [b'{"contents": []}']
        assert json.loads(client.body)["candidates"][0]["content"]["parts"] == [{"text": "01234"}]

    def test_a_dropped_one_ends_in_the_middle(self) -> None:
        _, client = self.reply(ModelReply.DROPPED)
        assert (client.body, client.complete) == (GOOD[: len(GOOD) // 2], False)
        assert client.headers["content-length"] == str(len(GOOD))


def test_two_rules_on_one_function_take_their_turns() -> None:
    bench = Bench()
    bench.book.set(
        [
            CallFault(when=Call(function="dev", nth=1), then=Error(do="error", code="ThrottlingException")),
            CallFault(when=Call(function="dev", nth=2), then=Latency(do="latency", seconds=1)),
        ]
    )
    assert [bench.ask(put_item()).status for _ in range(3)] == [400, 200, 200]
    assert bench.clock.slept == [1]
    assert [fired.rule for fired in bench.book.list_fired()] == [0, 1]
