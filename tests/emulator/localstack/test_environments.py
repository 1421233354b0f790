"""The events of LocalStack's executor are passed on to the meter and the faults."""

import asyncio
import json

import httpx2
import pytest
from starlette.applications import Starlette

from agenticai.emulator.engines.localstack.environments import EVENT_ADAPTER, PATH, Environments
from agenticai.emulator.faults.rules import Call, CallFault, Delivery, DeliveryFault, Duplicate, Hold, Kill, Latency
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.meter.sums import MeteredCall

PROJECT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
STARTED = {"environment": "e", "function": "f", "version": "3", "memory_mb": 1024, "pid": 0}
EVENT = json.dumps({"Records": [{"body": json.dumps({"project_id": PROJECT})}]})
ENDED = {"environment": "e", "request_id": "r", "duration_ms": 1000.0, "init_ms": None, "error_type": None}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def environments(ledger: Ledger) -> Environments:
    return Environments(ledger, here=True)


def tell(environments: Environments, event: str, **about: object) -> None:
    environments.process_event(EVENT_ADAPTER.validate_python({"event": event, **about}))


def test_what_an_invocation_calls_is_its_projects(environments: Environments, ledger: Ledger) -> None:
    tell(environments, "environment started", **STARTED)
    tell(environments, "invocation started", environment="e", request_id="r", payload=EVENT)
    ledger.record(MeteredCall("sqs", "SendMessage"), token="e")
    tell(environments, "invocation ended", **ENDED)
    usage = ledger.report_usage(PROJECT)
    assert [(row.caller, row.function, row.operation) for row in usage.calls] == [("function", "f", "SendMessage")]
    assert [(row.function, row.invocations, row.gb_seconds) for row in usage.functions] == [("f", 1, 1.0)]
    (done,) = ledger.list_invocations()
    assert (done.version, done.request_id, done.error_type, done.cold_start) == ("3", "r", None, False)


def test_an_error_and_a_cold_start_are_counted(environments: Environments, ledger: Ledger) -> None:
    tell(environments, "environment started", **STARTED)
    tell(environments, "invocation started", environment="e", request_id="r", payload="no json")
    tell(environments, "invocation ended", **{**ENDED, "error_type": "Sandbox.Timedout", "init_ms": 500.0})
    (done,) = ledger.list_invocations()
    assert (done.error_type, done.cold_start, done.billed_ms) == ("Sandbox.Timedout", True, 1500)


def test_a_function_is_known_by_its_environment_while_that_is_there(environments: Environments) -> None:
    assert environments.find_function("e") is None
    tell(environments, "environment started", **STARTED)
    assert environments.find_function("e") == "f"
    tell(environments, "environment ended", environment="e")
    assert environments.find_function("e") is None


def test_what_is_told_of_an_unknown_environment_is_nobodys(environments: Environments, ledger: Ledger) -> None:
    tell(environments, "invocation started", environment="x", request_id="r", payload=EVENT)
    tell(environments, "invocation ended", **{**ENDED, "environment": "x"})
    asyncio.run(environments.kill("x"))
    assert ledger.list_invocations() == ()


def test_the_executor_tells_by_http(environments: Environments) -> None:
    async def post() -> int:
        transport = httpx2.ASGITransport(Starlette(routes=environments.list_routes()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            answer = await client.post(PATH, json={"event": "environment started", **STARTED})
            return answer.status_code

    assert asyncio.run(post()) == 204
    assert environments.find_function("e") == "f"


def test_only_what_is_here_is_killed_and_nothing_is_delivered(ledger: Ledger) -> None:
    here, elsewhere = Environments(ledger, here=True), Environments(ledger, here=False)
    kill = CallFault(when=Call(), then=Kill(do="kill", side="before"))
    assert (here.can_apply(kill), elsewhere.can_apply(kill)) == (True, False)
    late = CallFault(when=Call(), then=Latency(do="latency", seconds=1))
    assert elsewhere.can_apply(late)
    assert not here.can_apply(CallFault(when=Call(), then=Hold(do="hold")))
    assert not here.can_apply(DeliveryFault(when=Delivery(on="delivery"), then=Duplicate(do="duplicate")))
