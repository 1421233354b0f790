"""The port through which pages ask a target: what it can tell is typed, and what it cannot says why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from agenticai.client.queues.model import AgentQueues, Attempt, Letters, Move, Redriven

if TYPE_CHECKING:
    from agenticai.client.cost.free_tier import FreeTierUse
    from agenticai.client.cost.use import StackUse
    from agenticai.client.model_cost import Model
    from agenticai.dashboard.services.depths import DepthSeries
    from agenticai.dashboard.services.doing import Doing
    from agenticai.emulator.core.bench_records import ClockReading, Dispatch, MessagePage, QueuedMessage, Settled
    from agenticai.emulator.core.model_records import MissedReply, ModelExchange, StoredReply
    from agenticai.emulator.core.usage_records import FinishedInvocation, Usage
    from agenticai.emulator.faults.rules import ActiveRule, Fault, Fired

T = TypeVar("T")


@dataclass(frozen=True)
class Missing:
    """What this target cannot tell, and why, as a sentence."""

    why: str


@dataclass(frozen=True)
class ObjectEntry:
    """An object of the bucket, as a listing has it; `modified` is exact to the second."""

    key: str
    size: int
    modified: datetime


class Bench(Protocol):
    """What a bench can be told. Raises `EngineError`."""

    def advance(self, seconds: float) -> "ClockReading":
        """Skip so many seconds, more than 0."""
        ...

    def settle(self, *, deliveries: int | None = None) -> "Settled":
        """Work until nothing is left to do, or so many deliveries are done, and skip the waits."""
        ...

    def dispatching(self) -> "Dispatch":
        """How messages reach functions now."""
        ...

    def dispatch(self, mode: "Dispatch") -> None:
        """Choose how messages reach functions."""
        ...

    def rules(self) -> "Sequence[ActiveRule]":
        """The fault rules that are on, with what each has met."""
        ...

    def faults(self, schedule: "Sequence[Fault]") -> None:
        """Set the fault rules in place of those before."""
        ...

    def add_fault(self, fault: "Fault") -> None:
        """Add a fault rule behind those that are on."""
        ...

    def remove_fault(self, rule: int) -> None:
        """Take a fault rule off, by its number."""
        ...

    def fired(self) -> "Sequence[Fired]":
        """The faults that were applied since the rules were set."""
        ...


class Source(Protocol):
    """What a target tells of one stack. Raises `SelectionError`, `EngineError`, `StackError` and botocore's errors."""

    name: str
    """What the target is, for people."""

    refresh_s: float
    """How many seconds a page waits at least before it asks again by itself."""

    looking: str
    """What a look at messages does to them, for people; empty where it does nothing."""

    def close(self) -> None:
        """Close the connections of its own; those of the stack's clients stay open."""
        ...

    def queues(self) -> list[AgentQueues]:
        """Every queue with its dead-letter queue, in the order of the workflow."""
        ...

    def depths(self) -> "DepthSeries":
        """How the depths of all queues changed."""
        ...

    def messages(self, queue: str, after: str | None, limit: int) -> "MessagePage":
        """Messages of any queue of the stack, by its full name."""
        ...

    def look_again(self, queue: str) -> None:
        """Have the next look at the messages of a queue be a new one, where looks are kept."""
        ...

    def letters(self, agent: str, after: str | None, limit: int) -> Letters:
        """Dead letters of an agent, each with what it asked for and why it failed."""
        ...

    def redrive(self, agent: str, ids: Sequence[str]) -> Iterator[Redriven]:
        """Send chosen dead letters back."""
        ...

    def redrive_all(self, agent: str, per_second: int | None) -> Iterator[Move]:
        """Send all dead letters of an agent back; tell how far that is."""
        ...

    def delete(self, queue: str, ids: Sequence[str]) -> Iterator[str]:
        """Delete messages of a queue, by its full name; yields the ids of those that were there."""
        ...

    def send_copy(self, agent: str, message: "QueuedMessage", body: str) -> str:
        """Send an edited, marked copy of a dead letter to its agent, and return the copy's id."""
        ...

    def purge(self, queue: str) -> None:
        """Delete all messages of a queue, by its full name."""
        ...

    def log_lines(self, agent: str, attempt: Attempt) -> list[str]:
        """What an agent's function logged in a delivery."""
        ...

    @property
    def bench(self) -> "Bench | Missing":
        """The controls of a bench."""
        ...

    def clock(self) -> "ClockReading | Missing":
        """The target's time."""
        ...

    def usage(self, project_id: str | None = None) -> "Usage | Missing":
        """AWS calls and Lambda use, of all or of one project."""
        ...

    def usage_by_project(self) -> "Mapping[str, Usage] | Missing":
        """What each project used, by its id; those that used nothing are not there."""
        ...

    def use(self) -> "StackUse":
        """What was used by all and by each project at one moment, and what is stored: what a bill is made from.

        Where no meter counts it, it says so line by line.
        """
        ...

    def free_tier(self) -> "Sequence[FreeTierUse] | Missing":
        """What the account used of the free tier this month, as AWS counts it."""
        ...

    def doing(self) -> "Mapping[str, Doing] | Missing":
        """What the function of each agent is doing now, and that of the API, by `api` and the agents' names."""
        ...

    def invocations(self) -> "Sequence[FinishedInvocation] | Missing":
        """The latest invocations that ended, the oldest first."""
        ...

    def objects(self, prefix: str) -> list[ObjectEntry]:
        """The objects of the stack's bucket whose keys begin so, by key."""
        ...

    def content(self, key: str) -> bytes:
        """What an object of the stack's bucket holds. Raises botocore's errors where there is none."""
        ...

    def model(self) -> "Model":
        """The language model that the stack asks."""
        ...

    def model_calls(self) -> "Sequence[ModelExchange] | Missing":
        """The latest calls of the language model, the oldest first."""
        ...

    def missed_replies(self) -> "Sequence[MissedReply] | Missing":
        """The requests that had no stored reply and have none yet, the newest first."""
        ...

    def store_reply(self, digest: str, text: str) -> "StoredReply | Missing":
        """Store a reply to one of the `missed_replies`."""
        ...
