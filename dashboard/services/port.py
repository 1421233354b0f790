"""The port through which pages read a target; what a target does not report comes with the reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from agenticai.client.queues.model import AgentQueues, Attempt, DeadLetterPage, MoveProgress, RedriveResult

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
    """What this target does not report, with the reason as a sentence."""

    why: str


@dataclass(frozen=True)
class ObjectEntry:
    """An object of the bucket in a listing; `modified` has a resolution of one second."""

    key: str
    size: int
    modified: datetime


class Bench(Protocol):
    """The controls of a bench. Raises `EngineError`."""

    def advance(self, seconds: float) -> "ClockReading":
        """Skip `seconds`, which must be more than 0."""
        ...

    def settle(self, *, deliveries: int | None = None) -> "Settled":
        """Work until nothing is left to do, or for some `deliveries`, skipping the waits."""
        ...

    def dispatching(self) -> "Dispatch":
        """Return how messages are delivered to functions now."""
        ...

    def dispatch(self, mode: "Dispatch") -> None:
        """Set how messages are delivered to functions."""
        ...

    def rules(self) -> "Sequence[ActiveRule]":
        """Return the active fault rules, with what each has matched."""
        ...

    def faults(self, schedule: "Sequence[Fault]") -> None:
        """Replace the fault rules."""
        ...

    def add_fault(self, fault: "Fault") -> None:
        """Append a fault rule to the active ones."""
        ...

    def remove_fault(self, rule: int) -> None:
        """Remove a fault rule by its number."""
        ...

    def fired(self) -> "Sequence[Fired]":
        """Return the faults that were applied since the rules were set."""
        ...


class Source(Protocol):
    """A target's reports on a stack. Raises `SelectionError`, `EngineError`, `StackError` and botocore's errors."""

    name: str
    """The target's display name."""

    refresh_s: float
    """The shortest interval in seconds at which pages refresh by themselves."""

    looking: str
    """What reading messages does to them, as a sentence for the page; empty if it does nothing."""

    def close(self) -> None:
        """Close its own connections; those of the stack's clients stay open."""
        ...

    def queues(self) -> list[AgentQueues]:
        """Return every queue with its dead-letter queue, in the order of the workflow."""
        ...

    def depths(self) -> "DepthSeries":
        """Return how the depths of all queues changed."""
        ...

    def messages(self, queue: str, after: str | None, limit: int) -> "MessagePage":
        """Return messages of any queue of the stack, by its full name."""
        ...

    def look_again(self, queue: str) -> None:
        """Discard the cached messages of a queue, so that the next look reads them again."""
        ...

    def letters(self, agent: str, after: str | None, limit: int) -> DeadLetterPage:
        """Return dead letters of an agent, each with what it asked for and why it failed."""
        ...

    def redrive(self, agent: str, ids: Sequence[str]) -> Iterator[RedriveResult]:
        """Redrive selected dead letters."""
        ...

    def redrive_all(self, agent: str, per_second: int | None) -> Iterator[MoveProgress]:
        """Redrive all dead letters of an agent, and yield the progress."""
        ...

    def delete(self, queue: str, ids: Sequence[str]) -> Iterator[str]:
        """Delete messages of a queue, by its full name, and yield the ids of those that were deleted."""
        ...

    def send_copy(self, agent: str, message: "QueuedMessage", body: str) -> str:
        """Send an edited, marked copy of a dead letter to its agent, and return the copy's id."""
        ...

    def purge(self, queue: str) -> None:
        """Delete all messages of a queue, by its full name."""
        ...

    def log_lines(self, agent: str, attempt: Attempt) -> list[str]:
        """Return what an agent's function logged during a delivery."""
        ...

    @property
    def bench(self) -> "Bench | Missing":
        """The controls of a bench."""
        ...

    def clock(self) -> "ClockReading | Missing":
        """Return the target's time."""
        ...

    def usage(self, project_id: str | None = None) -> "Usage | Missing":
        """Return the AWS calls and Lambda use of all projects or of one."""
        ...

    def usage_by_project(self) -> "Mapping[str, Usage] | Missing":
        """Return the use of each project by its id, without projects that used nothing."""
        ...

    def use(self) -> "StackUse":
        """Return the use of the stack and of each project at one moment, and what is stored: the input of a bill.

        If no meter counts it, each line says so.
        """
        ...

    def free_tier(self) -> "Sequence[FreeTierUse] | Missing":
        """Return the account's free tier use of this month, as AWS counts it."""
        ...

    def doing(self) -> "Mapping[str, Doing] | Missing":
        """Return what each agent's function and the API's are doing now, by the agents' names and `api`."""
        ...

    def invocations(self) -> "Sequence[FinishedInvocation] | Missing":
        """Return the latest invocations that ended, the oldest first."""
        ...

    def objects(self, prefix: str) -> list[ObjectEntry]:
        """Return the objects of the stack's bucket whose keys start with `prefix`, by key."""
        ...

    def content(self, key: str) -> bytes:
        """Return the content of an object of the stack's bucket. Raises botocore's errors if it does not exist."""
        ...

    def model(self) -> "Model":
        """Return the language model that the stack uses."""
        ...

    def model_calls(self) -> "Sequence[ModelExchange] | Missing":
        """Return the latest calls of the language model, the oldest first."""
        ...

    def missed_replies(self) -> "Sequence[MissedReply] | Missing":
        """Return the requests that have no stored reply yet, the newest first."""
        ...

    def store_reply(self, digest: str, text: str) -> "StoredReply | Missing":
        """Store a reply to one of the `missed_replies`."""
        ...
