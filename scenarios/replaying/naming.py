"""Converts fault rules between the names of agents, as in scenario files, and the names in a deployed stack."""

from collections.abc import Iterable

from agenticai.emulator.faults.rules import Fault, rename
from agenticai.stack.outputs import StackOutputs


def name_deployed(faults: Iterable[Fault], outputs: StackOutputs) -> tuple[Fault, ...]:
    """Return the rules with the deployed names of functions and queues; other names stay as they are."""
    queues = map_queue_names(outputs)
    return tuple(rename(fault, outputs.function_names, queues) for fault in faults)


def name_agents(faults: Iterable[Fault], outputs: StackOutputs) -> tuple[Fault, ...]:
    """Return the rules in which the names of functions and queues are replaced by those of their agents."""
    functions = {name: agent for agent, name in outputs.function_names.items()}
    queues = {name: agent for agent, name in map_queue_names(outputs).items()}
    return tuple(rename(fault, functions, queues) for fault in faults)


def map_queue_names(outputs: StackOutputs) -> dict[str, str]:
    """Return the names of the agents' queues, by agent."""
    return {agent: url.rsplit("/", 1)[-1] for agent, url in outputs.queue_urls.items()}


def map_agents(outputs: StackOutputs) -> dict[str, str]:
    """Return the agents by the names of their functions and queues."""
    pairs = (*outputs.function_names.items(), *map_queue_names(outputs).items())
    return {name: agent for agent, name in pairs}
