"""The stations of a request: the API, and each agent with its queue, its dead letters and its latest invocation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agenticai.client.queues.model import AgentQueues, QueueState
from agenticai.dashboard.services.port import Missing

if TYPE_CHECKING:
    from agenticai.emulator.core.usage_records import FinishedInvocation


@dataclass(frozen=True)
class Station:
    """Where a request comes by; `queue` is None for the API, and `last` where no invocation is known."""

    title: str
    queue: QueueState | None
    dead_letters: int
    last: "FinishedInvocation | None"


def stations(
    states: Sequence[AgentQueues],
    invocations: "Sequence[FinishedInvocation] | Missing",
    functions: Mapping[str, str],
) -> list[Station]:
    """Return the API and the agents, in the order in which a request comes to them."""
    latest = {} if isinstance(invocations, Missing) else {one.function: one for one in invocations}
    api = Station("API", None, 0, latest.get(functions["api"]))
    agents = [
        Station(state.agent.upper(), state.queue, state.dead_letters.depth.total, latest.get(functions[state.agent]))
        for state in states
    ]
    return [api, *agents]
