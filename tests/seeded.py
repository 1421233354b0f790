"""A stack with something to see: projects with good and bad ends, dead letters, and active faults."""

import json
from dataclasses import dataclass

from agenticai.emulator.client import ControlClient
from agenticai.emulator.faults.rules import BadReply, Call, CallFault, Delay, Delivery, DeliveryFault, Error, ModelReply
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.scenarios.format.script import Modify

SETTLE_S = 300.0
UNWRITTEN = """A command line tool that keeps track of orders.

- `orders add NAME AMOUNT` stores an order, `orders list` prints all of them.
- Only the standard library, and unit tests.
"""
"""Requirements for which there is no stored reply."""


@dataclass(frozen=True)
class Seeded:
    """The ids of three projects: one was repaired, one failed, and one was stopped by an outage."""

    completed: str
    failed: str
    stopped: str


def seed(bench: Bench) -> Seeded:
    """Fill a new stack."""
    with bench.control() as control, bench.api() as api:
        completed = _ended(bench, control, "repair-ends-well")
        greeting = _ended(bench, control, "greeting")
        api.modify(greeting, _change("greeting"))
        control.settle(timeout_s=SETTLE_S)
        _ended(bench, control, "repair-ends-in-review")
        failed = api.create("Order tracking", UNWRITTEN).id
        control.settle(timeout_s=SETTLE_S)
        stopped = _stop(bench, control)
        _poison(bench, control)
        functions = bench.outputs.function_names
        limited = BadReply(do="reply", reply=ModelReply.RATE_LIMITED, retry_after_s=30)
        control.faults(
            [
                CallFault(when=Call(function=functions["dev"], service="gemini", nth=2, times=3), then=limited),
                DeliveryFault(
                    when=Delivery(on="delivery", queue=_queue(bench, "qa")), then=Delay(do="delay", seconds=600)
                ),
            ]
        )
    return Seeded(completed, failed, stopped)


def _ended(bench: Bench, control: ControlClient, scenario: str) -> str:
    asked = load(LIBRARY / f"{scenario}.yaml").first
    with bench.api() as api:
        created = api.create(asked.name, asked.requirements)
    control.settle(timeout_s=SETTLE_S)
    return created.id


def _change(scenario: str) -> str:
    steps = load(LIBRARY / f"{scenario}.yaml").steps
    return next(step.modify.requirements for step in steps if isinstance(step, Modify))


def _stop(bench: Bench, control: ControlClient) -> str:
    """Make DynamoDB refuse the developers' writes until their messages are dead letters."""
    throttled = Error(
        do="error", code="ThrottlingException", message="The rate of requests exceeds the allowed throughput."
    )
    functions = bench.outputs.function_names
    control.faults([CallFault(when=Call(function=functions["dev"], service="dynamodb", times=10_000), then=throttled)])
    stopped = _ended(bench, control, "diamond")
    control.faults(())
    return stopped


def _poison(bench: Bench, control: ControlClient) -> None:
    bodies = {
        "qa": [json.dumps({"schema": "unknown/1", "project_id": "01JD0000000000000000000000", "number": number})
               for number in range(3)] + ["not JSON"],
        "ops": ["<order><id>7</id></order>"],
    }  # fmt: skip
    for agent, texts in bodies.items():
        for text in texts:
            bench.target.client("sqs").send_message(QueueUrl=bench.outputs.queue_urls[agent], MessageBody=text)
    control.settle(timeout_s=SETTLE_S)


def _queue(bench: Bench, agent: str) -> str:
    return bench.outputs.queue_urls[agent].rpartition("/")[2]
