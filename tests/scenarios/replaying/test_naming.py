"""Fault rules name agents in a file, and functions and queues on a stack."""

from agenticai.emulator.faults.rules import Call, CallFault, Delivery, DeliveryFault, Duplicate, Hang
from agenticai.scenarios.replaying.naming import map_agents, name_agents, name_deployed
from agenticai.stack.outputs import StackOutputs


def test_agents_are_written_by_name_and_met_as_they_are_deployed() -> None:
    functions, queues = {"dev": "agenticai-dev-agent-x"}, {"dev": "http://host/1/agenticai-dev-queue-x"}
    outputs = StackOutputs("x", "", "", "", "", queues, {}, functions, "", "")
    call = CallFault(when=Call(function="dev"), then=Hang(do="hang"))
    every = CallFault(when=Call(function="*-agent-*"), then=Hang(do="hang"))
    delivery = DeliveryFault(when=Delivery(on="delivery", queue="dev"), then=Duplicate(do="duplicate"))
    met = name_deployed([call, every, delivery], outputs)
    assert [fault.when.function for fault in met if isinstance(fault, CallFault)] == [
        "agenticai-dev-agent-x",
        "*-agent-*",
    ]
    assert [fault.when.queue for fault in met if isinstance(fault, DeliveryFault)] == ["agenticai-dev-queue-x"]
    assert name_agents(met, outputs) == (call, every, delivery)
    assert map_agents(outputs) == {"agenticai-dev-agent-x": "dev", "agenticai-dev-queue-x": "dev"}
