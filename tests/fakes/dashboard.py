"""A source for the dashboard's pages, with one agent's queue in the state that a test sets."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from agenticai.client.cost.free_tier import FreeTierUse
from agenticai.client.cost.use import StackUse
from agenticai.client.errors import ApiError
from agenticai.client.model_cost import Model
from agenticai.client.queues.model import (
    AgentQueues,
    Attempt,
    DeadLetter,
    DeadLetterPage,
    Depth,
    MoveProgress,
    QueueState,
    RedriveOutcome,
    RedriveResult,
    RequestedWork,
)
from agenticai.dashboard.services.connecting import Connected, Connection
from agenticai.dashboard.services.depths import SAMPLES, DepthPoint, DepthSeries
from agenticai.dashboard.services.doing import Doing
from agenticai.dashboard.services.port import Bench, Missing, ObjectEntry
from agenticai.dashboard.services.sources import RECEIVED
from agenticai.emulator.core.bench_records import ClockReading, Dispatch, Jump, MessagePage, QueuedMessage, Settled
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.core.model_records import MissedReply, ModelExchange, StoredReply
from agenticai.emulator.core.usage_records import FinishedInvocation, Usage
from agenticai.emulator.faults.rules import ActiveRule, Fault, Fired
from shared.models.views import ProjectPage
from tests.agenticai.client.cost.uses import unmetered, use_of

if TYPE_CHECKING:
    from agenticai.client.api import ProjectsApi
    from agenticai.client.stack import DeployedStack

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> **bold** :red[x] $x$ [a](http://evil.example) \u202e\x1b[31m"
QUEUE, DEAD = "agenticai-dev-queue-dev", "agenticai-dev-dlq-dev"
DEPTH = Depth(1, 2, 3)
MISSING = Missing("This target does not tell.")


def message(message_id: str, body: str = "{}", **changes: Any) -> QueuedMessage:
    """Return a message that was sent a minute ago and received five times."""
    made = QueuedMessage(
        id=message_id,
        body=body,
        state="visible",
        sent_at=NOW - timedelta(minutes=1),
        first_received_at=NOW,
        visible_at=NOW,
        received=5,
        attributes={},
        group_id=None,
        source_arn=None,
    )
    return made.model_copy(update=changes)


def letter(message_id: str, error: str = "ThrottlingException", body: str = "{}") -> DeadLetter:
    """Return a dead letter with one attempt."""
    attempt = Attempt(NOW, error, f"it failed with {HOSTILE}", "request-1")
    return DeadLetter(message(message_id, body), RequestedWork("01JD", "persist#1", "task/1"), (attempt,))


NAMES = {name: f"agenticai-{name}-dev" for name in ("api", "dev")}
QUEUE_URLS = {"dev": f"http://127.0.0.1:1/000000000000/{QUEUE}"}
STACK = SimpleNamespace(outputs=SimpleNamespace(function_names=NAMES, queue_urls=QUEUE_URLS))


class FakeBench:
    """Records what it is asked to do."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.mode: Dispatch = "free"
        self.on: list[ActiveRule] = []
        self.applied: list[Fired] = []

    def advance(self, seconds: float) -> ClockReading:
        self.told.append(("advance", seconds))
        return ClockReading(now=NOW + timedelta(seconds=seconds), ahead_s=seconds)

    def settle(self, *, deliveries: int | None = None) -> Settled:
        self.told.append(("settle", deliveries))
        return Settled(quiet=True, held=False, deliveries=3, skipped_s=60)

    def dispatching(self) -> Dispatch:
        return self.mode

    def dispatch(self, mode: Dispatch) -> None:
        self.told.append(("dispatch", mode))
        self.mode = mode

    def rules(self) -> Sequence[ActiveRule]:
        return tuple(self.on)

    def faults(self, schedule: Sequence[Fault]) -> None:
        self.told.append(("faults", tuple(schedule)))
        self.on = [ActiveRule(rule=at, fault=fault, met=0, applied=0) for at, fault in enumerate(schedule)]

    def add_fault(self, fault: Fault) -> None:
        self.on.append(ActiveRule(rule=len(self.on), fault=fault, met=0, applied=0))

    def remove_fault(self, rule: int) -> None:
        if all(one.rule != rule for one in self.on):
            raise ControlError("No active rule has this number.")
        self.on = [one for one in self.on if one.rule != rule]

    def fired(self) -> Sequence[Fired]:
        return tuple(self.applied)


class FakeSource:
    """Returns what its test sets, and records the actions."""

    name = "fake"
    refresh_s = 0.0

    def __init__(self, letters: Sequence[DeadLetter] = (), depth: Depth = DEPTH, *, exact: bool = True) -> None:
        self.dead = list(letters)
        self.depth = depth
        self.acts: list[tuple[str, Any]] = []
        self.exact = exact
        self.looking = "" if exact else RECEIVED
        self.looked: list[str] = []
        self.functions = {"api": Doing(), "dev": Doing()}
        self.used = use_of() if exact else unmetered(use_of())
        self.told_free_tier: Sequence[FreeTierUse] | Missing = MISSING
        self.controls: Bench | Missing = FakeBench() if exact else MISSING

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def queues(self) -> list[AgentQueues]:
        return [
            AgentQueues("dev", QueueState(QUEUE, self.depth, 65), QueueState(DEAD, Depth(len(self.dead), 0, 0), None))
        ]

    def depths(self) -> DepthSeries:
        points = (DepthPoint(NOW - timedelta(seconds=30), QUEUE, 1, 2, 3, 7, 4),)
        return DepthSeries(
            points, NOW, "" if self.exact else SAMPLES, (Jump(at=NOW - timedelta(seconds=20), seconds=900),)
        )

    def messages(self, queue: str, after: str | None, limit: int) -> MessagePage:
        shown = (message("m1", HOSTILE),) if queue == QUEUE else ()
        return MessagePage(messages=shown, next=None, total=len(shown), oldest=NOW, now=NOW)

    def look_again(self, queue: str) -> None:
        self.looked.append(queue)

    def letters(self, agent: str, after: str | None, limit: int) -> DeadLetterPage:
        return DeadLetterPage(tuple(self.dead[:limit]), len(self.dead), None, NOW, received=not self.exact)

    def redrive(self, agent: str, ids: Sequence[str]) -> Iterator[RedriveResult]:
        self.acts.append(("redrive", tuple(ids)))
        self.dead = [one for one in self.dead if one.message.id not in ids]
        yield from (RedriveResult(one, RedriveOutcome.SENT) for one in ids)

    def redrive_all(self, agent: str, per_second: int | None) -> Iterator[MoveProgress]:
        self.acts.append(("redrive all", per_second))
        moved, self.dead = len(self.dead), []
        yield MoveProgress("COMPLETED", moved, moved)

    def delete(self, queue: str, ids: Sequence[str]) -> Iterator[str]:
        self.acts.append(("delete", (queue, tuple(ids))))
        yield from ids

    def send_copy(self, agent: str, message: QueuedMessage, body: str) -> str:
        self.acts.append(("copy", (message.id, body)))
        return "copy-1"

    def purge(self, queue: str) -> None:
        self.acts.append(("purge", queue))
        self.dead = []

    def log_lines(self, agent: str, attempt: Attempt) -> list[str]:
        return [f"line of {attempt.request_id} {HOSTILE}"]

    @property
    def bench(self) -> Bench | Missing:
        return self.controls

    def clock(self) -> ClockReading | Missing:
        return ClockReading(now=NOW, ahead_s=900) if self.exact else MISSING

    def usage(self, project_id: str | None = None) -> Usage | Missing:
        return Usage(project_id=project_id, calls=(), functions=()) if self.exact else MISSING

    def usage_by_project(self) -> Mapping[str, Usage] | Missing:
        return {} if self.exact else MISSING

    def use(self) -> StackUse:
        return self.used

    def free_tier(self) -> Sequence[FreeTierUse] | Missing:
        return self.told_free_tier

    def doing(self) -> Mapping[str, Doing] | Missing:
        return self.functions if self.exact else MISSING

    def invocations(self) -> Sequence[FinishedInvocation] | Missing:
        return () if self.exact else MISSING

    def objects(self, prefix: str) -> list[ObjectEntry]:
        return []

    def content(self, key: str) -> bytes:
        raise KeyError(key)

    def model(self) -> Model:
        return Model("a-model", "stored" if self.exact else None)

    def model_calls(self) -> Sequence[ModelExchange] | Missing:
        return () if self.exact else MISSING

    def missed_replies(self) -> Sequence[MissedReply] | Missing:
        return () if self.exact else MISSING

    def store_reply(self, digest: str, text: str) -> StoredReply | Missing:
        return MISSING


class NoProjects:
    """An API whose projects are deleted."""

    def list_projects(self, limit: int = 20, cursor: str | None = None) -> ProjectPage:
        return ProjectPage(items=[], next=None)

    def get(self, project_id: str) -> Any:
        raise ApiError("The API refused this (404): there is no such project.")


class FakeConnection(Connection):
    """A connection to a source; fails while `fault` is set."""

    def __init__(self, source: FakeSource, fault: Exception | None = None, api: object = None) -> None:
        super().__init__("http://127.0.0.1:1", "dev")
        self.source = source
        self.api = api or NoProjects()
        self.fault = fault

    def get(self) -> Connected:
        if self.fault:
            raise self.fault
        return Connected(cast("DeployedStack", STACK), self.source, cast("ProjectsApi", self.api))
