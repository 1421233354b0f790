"""The stations of a request: the API, and each agent with its queue, its dead letters and what it is doing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agenticai.client.queues.model import AgentQueues
from agenticai.dashboard.services.doing import Doing
from agenticai.dashboard.services.port import Missing

API = "api"


@dataclass(frozen=True)
class Station:
    """A step on a request's way; `queues` is None for the API, and `doing` if the target does not report it."""

    name: str
    queues: AgentQueues | None
    doing: Doing | None

    @property
    def title(self) -> str:
        """The station's title."""
        return self.name.upper()


def list_stations(states: Sequence[AgentQueues], doing: "Mapping[str, Doing] | Missing") -> list[Station]:
    """Return the API and the agents, in the order in which a request reaches them."""
    activities: Mapping[str, Doing] = {} if isinstance(doing, Missing) else doing
    agents = [Station(state.agent, state, activities.get(state.agent)) for state in states]
    return [Station(API, None, activities.get(API)), *agents]
