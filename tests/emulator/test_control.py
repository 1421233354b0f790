"""The control API and its client, over HTTP, with an engine that only records calls."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import uvicorn
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from agenticai.emulator.client import ControlClient
from agenticai.emulator.control import build_control_app
from agenticai.emulator.core.bench_records import Dispatch, Settled
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.core.usage_records import EVERYTHING, EngineAbout, UsageByProject
from agenticai.emulator.engines.function import FunctionError, Invocation, InvocationOutcome
from agenticai.emulator.engines.settling import Unsettled
from agenticai.emulator.faults.rules import Call, CallFault, Delay, Delivery, DeliveryFault, Error, Fault, Kill
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.gateway import mount
from agenticai.emulator.meter.ledger import Ledger
from agenticai.stack.target import Capability
from tests.emulator.examples import FUNCTION

SETTLED = Settled(quiet=False, held=True, deliveries=3, skipped_s=5400.5)
FAULTS: tuple[Fault, ...] = (
    CallFault(when=Call(service="s3", nth=2), then=Kill(do="kill", side="after")),
    DeliveryFault(when=Delivery(on="delivery", queue="q"), then=Delay(do="delay", seconds=60)),
)

JSON = {"Content-Type": "application/json"}


@dataclass
class Engine:
    """Records its calls; it never settles if it has no time for it."""

    asked: list[object] = field(default_factory=list)

    def start_ahead(self, functions: Sequence[str]) -> None:
        self.asked.append(("start ahead", *functions))

    dispatching: Dispatch = "free"

    def dispatch(self, mode: Dispatch) -> None:
        self.asked.append(mode)
        self.dispatching = mode

    def settle(self, *, deliveries: int | None, skip: bool, timeout_s: float) -> Settled:
        if timeout_s < 1:
            raise Unsettled("The engine was still busy.")
        self.asked.append((deliveries, skip, timeout_s))
        return SETTLED

    def poll_now(self) -> None:
        self.asked.append("look")


@dataclass
class Served:
    """A running control API, and what is behind it."""

    endpoint_url: str
    engine: Engine
    book: FaultBook
    ledger: Ledger


@dataclass
class Exchanged:
    """An application that each test replaces."""

    app: ASGIApp | None = None
    endpoint_url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def exchanged() -> Iterator[Exchanged]:
    """One server for all tests, as starting and stopping it takes longer than they do."""
    app = Exchanged()
    with serve(app) as app.endpoint_url:
        yield app


@pytest.fixture
def served(exchanged: Exchanged) -> Iterator[Served]:
    clock, engine, ledger = Clock(), Engine(), Ledger()
    book = FaultBook(clock.now)
    exchanged.app = mount("/_harness", build_control_app(engine, ledger, clock, book, lambda: 7.5))(nothing)
    yield Served(exchanged.endpoint_url, engine, book, ledger)
    clock.close()


@pytest.fixture
def control(served: Served) -> Iterator[ControlClient]:
    with ControlClient(served.endpoint_url) as client:
        yield client


@contextmanager
def serve_more(routes: Sequence[Route], secret: str | None = None) -> Iterator[str]:
    """Serve the control API with routes of other packages; yield the endpoint's URL."""
    clock = Clock()
    app = build_control_app(Engine(), Ledger(), clock, FaultBook(clock.now), lambda: 1.0, secret, routes)
    with serve(mount("/_harness", app)(nothing)) as url:
        yield url
    clock.close()


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand for what comes after the control API."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Serve on a free port; yield the endpoint's URL."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


class TestReadings:
    def test_health(self, control: ControlClient) -> None:
        health = control.health()
        assert (health.status, health.uptime_s) == ("ok", 7.5)

    def test_an_engine_that_did_nothing_has_nothing_to_tell(self, control: ControlClient) -> None:
        assert (control.invocations(), control.fired(), control.calls()) == ((), (), ())
        assert (control.usage().total_calls, control.usage("01ARZ3NDEKTSV4RRFFQ69G5FAV").total_calls) == (0, 0)
        used = control.usage_by_project()
        assert used == UsageByProject(total=control.usage(), projects=(), book=used.book, next=0)

    def test_what_the_book_of_faults_has_noted(self, control: ControlClient, served: Served) -> None:
        refused = Error(do="error", code="SlowDown", status=503)
        control.faults([CallFault(when=Call(function="dev", service="s3", nth=2), then=refused)])
        for _ in range(2):
            served.book.record_call("dev", "s3", "PutObject")
        assert [(call.function, call.number, call.operation) for call in control.calls()] == [
            ("dev", 1, "PutObject"),
            ("dev", 2, "PutObject"),
        ]
        (fired,) = control.fired()
        assert (fired.rule, fired.function) == (0, "dev")
        assert abs(control.clock().now - fired.at) < timedelta(minutes=1)


class TestOrders:
    def test_dispatch_and_start_ahead(self, control: ControlClient, served: Served) -> None:
        assert control.dispatching() == "free"
        control.dispatch("stepped")
        assert control.dispatching() == "stepped"
        control.dispatch("free")
        control.start_ahead(["api", "pm"])
        assert served.engine.asked == ["stepped", "free", ("start ahead", "api", "pm")]

    def test_settle_takes_its_wishes_along_and_brings_the_answer_back(
        self, control: ControlClient, served: Served
    ) -> None:
        assert control.settle() == SETTLED
        assert control.settle(deliveries=3, skip=False, timeout_s=5) == SETTLED
        assert served.engine.asked == [(None, True, 60), (3, False, 5)]

    def test_the_clock_goes_forward_and_the_engine_looks(self, control: ControlClient, served: Served) -> None:
        before = control.clock()
        assert before.ahead_s == 0
        after = control.advance(5400)
        assert after.ahead_s == 5400
        assert 5400 <= (after.now - before.now).total_seconds() < 5460
        assert served.engine.asked == ["look"]

    def test_rules_arrive_as_they_were_sent_and_replace_those_before(
        self, control: ControlClient, served: Served
    ) -> None:
        control.faults(FAULTS)
        assert served.book.record_call("dev", "s3", "PutObject") is None
        assert served.book.record_call("dev", "s3", "PutObject") == FAULTS[0].then
        assert served.book.record_delivery("q") == FAULTS[1].then
        assert len(control.fired()) == 2
        control.faults([])
        assert (control.fired(), control.calls()) == ((), ())
        assert [served.book.record_call("dev", "s3", "PutObject") for _ in range(3)] == [None] * 3

    def test_a_rule_is_added_and_taken_off_while_the_others_go_on_counting(
        self, control: ControlClient, served: Served
    ) -> None:
        control.faults(FAULTS[:1])
        served.book.record_call("dev", "s3", "PutObject")
        control.add_fault(FAULTS[1])
        served.book.record_delivery("q")
        assert [(one.rule, one.fault, one.met, one.applied) for one in control.rules()] == [
            (0, FAULTS[0], 1, 0),
            (1, FAULTS[1], 1, 1),
        ]
        control.remove_fault(1)
        assert served.book.record_call("dev", "s3", "PutObject") == FAULTS[0].then
        assert [(one.rule, one.applied) for one in control.rules()] == [(0, 1)]
        with pytest.raises(ControlError, match="No active rule has this number"):
            control.remove_fault(1)


class TestRefusals:
    def test_what_does_not_settle_is_said(self, control: ControlClient) -> None:
        with pytest.raises(ControlError, match=r"still busy\.$"):
            control.settle(timeout_s=0.5)

    def test_what_failed_last_is_said_with_it(self, control: ControlClient, served: Served) -> None:
        error = FunctionError("Runtime.HandlerNotFound", "there is no app.handler")
        outcome = InvocationOutcome(result=None, error=error, log="", init_ms=None, duration_ms=1, ended=False)
        served.ledger.record_invocation_end(
            "token", FUNCTION, Invocation("1", {}, FUNCTION.arn), outcome, datetime.now(UTC)
        )
        with pytest.raises(ControlError, match=r"The latest failure: dev ended with Runtime\.HandlerNotFound\."):
            control.settle(timeout_s=0.5)

    @pytest.mark.parametrize(
        ("ask", "said"),
        [
            (lambda control: control.advance(0), "seconds = 0: it should be greater than 0"),
            (lambda control: control.advance(-1), "seconds = -1"),
            (lambda control: control.advance(float("inf")), "seconds = inf: it should be a finite number"),
            (lambda control: control.settle(deliveries=-1), "deliveries = -1: it should be greater than or equal to 0"),
            (lambda control: control.settle(timeout_s=0), "timeout_s = 0"),
            (lambda control: control.dispatch("sideways"), "mode = 'sideways': it should be 'free' or 'stepped'"),
        ],
    )
    def test_the_client_asks_for_nothing_that_cannot_be(
        self, control: ControlClient, served: Served, ask: Callable[[ControlClient], object], said: str
    ) -> None:
        with pytest.raises(ControlError, match=f"^Invalid request: {said}"):
            ask(control)
        assert served.engine.asked == []

    @pytest.mark.parametrize(
        ("method", "path", "body", "said"),
        [
            ("PUT", "dispatch", '{"mode": "sideways"}', "mode"),
            ("PUT", "dispatch", "no JSON", "JSON"),
            ("POST", "settle", '{"deliveries": -1}', "deliveries"),
            ("POST", "settle", '{"timeout_s": 0}', "timeout_s"),
            ("POST", "clock/advance", '{"seconds": 0}', "seconds"),
            ("POST", "clock/advance", "{}", "seconds"),
            ("PUT", "faults", '[{"when": {"on": "call"}, "then": {"do": "explode"}}]', "explode"),
            ("PUT", "faults", '[{"when": {"on": "call", "nth": 0}, "then": {"do": "hang"}}]', "nth"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(
        self, served: Served, method: str, path: str, body: str, said: str
    ) -> None:
        answer = httpx2.request(
            method, f"{served.endpoint_url}/_harness/{path}", content=body, headers=JSON, timeout=60
        )
        assert answer.status_code == 422
        assert said in answer.text
        assert served.engine.asked == []

    def test_rules_that_are_refused_leave_those_before(self, control: ControlClient, served: Served) -> None:
        control.faults(FAULTS)
        httpx2.put(f"{served.endpoint_url}/_harness/faults", content="[{}]", headers=JSON, timeout=60)
        assert served.book.record_delivery("q") == FAULTS[1].then

    def test_an_engine_that_is_gone_is_one_sentence(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # without listening
            with (
                ControlClient(f"http://127.0.0.1:{taken.getsockname()[1]}") as client,
                pytest.raises(ControlError, match="did not answer health"),
            ):
                client.health()

    def test_an_answer_of_another_version_is_said_to_be_one(self, exchanged: Exchanged) -> None:
        async def other(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'{"status": "fine"}'})

        exchanged.app = other
        with ControlClient(exchanged.endpoint_url) as client, pytest.raises(ControlError, match="version"):
            client.health()

    @pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_a_body_that_a_form_could_send_is_refused(self, served: Served, kind: str | None) -> None:
        headers = {"Content-Type": kind} if kind else {}
        url = f"{served.endpoint_url}/_harness/clock/advance"
        assert httpx2.post(url, content=b'{"seconds": 5}', headers=headers, timeout=60).status_code == 415


class TestSecret:
    """A port that other machines can reach."""

    @pytest.fixture
    def guarded(self, exchanged: Exchanged) -> Iterator[str]:
        clock = Clock()
        app = build_control_app(Engine(), Ledger(), clock, FaultBook(clock.now), lambda: 1.0, "sesame")
        exchanged.app = mount("/_harness", app)(nothing)
        yield exchanged.endpoint_url
        clock.close()

    def test_who_sends_it_is_answered(self, guarded: str) -> None:
        with ControlClient(guarded, token="sesame") as given:
            assert given.health().status == "ok"
        with ControlClient(guarded, environ={"AGENTICAI_CONTROL_TOKEN": "sesame"}) as from_environment:
            assert from_environment.health().status == "ok"

    @pytest.mark.parametrize("token", [None, "open", "sesame2"])
    def test_who_does_not_is_told_what_to_set(self, guarded: str, token: str | None) -> None:
        with (
            ControlClient(guarded, token=token, environ={}) as client,
            pytest.raises(ControlError, match="set AGENTICAI_CONTROL_TOKEN"),
        ):
            client.health()


class TestNotSteered:
    """An engine that delivers by itself answers what does not depend on that, and refuses the rest by name."""

    @pytest.fixture
    def control(self, exchanged: Exchanged) -> Iterator[ControlClient]:
        clock = Clock()
        about = EngineAbout(engine="LocalStack 1", abilities=frozenset({"gemini", "control"}))
        app = build_control_app(
            None, Ledger(), clock, FaultBook(clock.now), lambda: 1.0, about=about, can_apply=lambda f: f == FAULTS[0]
        )
        exchanged.app = mount("/_harness", app)(nothing)
        with ControlClient(exchanged.endpoint_url) as client:
            yield client
        clock.close()

    def test_it_says_what_it_is(self, control: ControlClient) -> None:
        health = control.health()
        assert health.engine == "LocalStack 1"
        assert sorted(health.abilities) == ["control", "gemini"]
        assert control.usage().calls == ()
        assert control.clock().ahead_s == 0

    def test_what_would_steer_it_is_refused(self, control: ControlClient) -> None:
        for order in (
            lambda: control.dispatch("stepped"),
            lambda: control.settle(),
            lambda: control.advance(1),
            lambda: control.start_ahead(["f"]),
        ):
            with pytest.raises(ControlError, match="LocalStack 1 delivers messages on its own, in real time"):
                order()

    def test_faults_of_calls_are_set_and_those_of_deliveries_refused(self, control: ControlClient) -> None:
        control.faults(FAULTS[:1])
        with pytest.raises(ControlError, match="LocalStack 1 delivers messages on its own, so the bench cannot delay"):
            control.faults(FAULTS)
        with pytest.raises(ControlError, match="LocalStack 1 delivers messages on its own, so the bench cannot delay"):
            control.add_fault(FAULTS[1])
        assert [active.fault for active in control.rules()] == list(FAULTS[:1])


def test_an_engine_can_do_what_a_target_may() -> None:
    assert set(Capability) - {Capability.METRICS} == EVERYTHING  # only AWS has those
