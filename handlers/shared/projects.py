"""Projects in the table: how each record becomes an item, and the writes that move a project on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from shared.errors import Retryable
from shared.identifiers import Clock, Identifiers
from shared.items import (
    LISTING,
    attributes,
    counted,
    iso,
    metadata_key,
    partition,
    project_of,
    summary_of,
    timeline_put,
    work_of,
)
from shared.models.base import Model
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import AnyMessage
from shared.models.project import Failure, Project, ProjectSummary, Revision, TokenUsage
from shared.models.records import (
    ChangeRecord,
    DeploymentRecord,
    FileRecord,
    PlanRecord,
    TaskRecord,
    TestRecord,
    Work,
    WorkState,
)
from shared.models.workflow import FINAL, ProjectStatus, sources
from shared.storage.table import Attributes, Conflict, Index, Key, Position, Put, Remove, Table, Update, Write

MAX_CONFLICTS: Final = 20
"""Tries at a write whose conditions keep changing before the message is given back to its queue."""

NO_TOKENS: Final = TokenUsage()
OPEN: Final = (WorkState.PENDING, WorkState.RUNNING)

R = TypeVar("R", bound=Model)


@dataclass(frozen=True)
class Changes:
    """What the end of a piece of work changes, all in one transaction."""

    fields: Attributes = field(default_factory=dict)
    """Attributes of the work item itself."""
    move: ProjectStatus | None = None
    """The project's next status; None to stay."""
    project: Attributes = field(default_factory=dict)
    """Further attributes of the project."""
    writes: tuple[Write, ...] = ()
    """Other items: files, the next agents' work, the plan's progress."""
    outbox: tuple[AnyMessage, ...] = ()
    """What to emit."""
    tokens: TokenUsage = NO_TOKENS
    detail: str = ""
    """A sentence for the timeline."""


class Claimed(NamedTuple):
    """The work is this worker's to do; `attempt` counts from 1."""

    project: Project
    attempt: int
    at: datetime


class AlreadyDone(NamedTuple):
    """An earlier delivery did the work; what it emitted is to be emitted again."""

    outbox: tuple[AnyMessage, ...]


class Abandoned(NamedTuple):
    """Nobody wants the work any more: it failed, or the project's status has no place for it."""

    reason: str


@dataclass(frozen=True)
class Deleted:
    """The project is no more; whatever was written for it since has to go too."""


Refusal = AlreadyDone | Abandoned | Deleted


class Projects:
    """All projects of one table."""

    def __init__(self, table: Table, *, clock: Clock, identifiers: Identifiers) -> None:
        self._table = table
        self._clock = clock
        self._new_id = identifiers

    # What is there

    def get(self, project_id: str) -> Project | None:
        """One project; None if there is none of that id."""
        stored = self._table.get(metadata_key(project_id))
        return project_of(stored) if stored else None

    def listed(
        self, limit: int, *, status: ProjectStatus | None = None, after: str | None = None
    ) -> tuple[list[ProjectSummary], str | None]:
        """One page of projects, newest first, all or those of a status, beginning after the project of an id;
        and the id that ends it, None if nothing follows."""
        index, value = (Index.STATUS, status.value) if status else (Index.ALL, LISTING)
        position = Position(metadata_key(after), after) if after else None
        page = self._table.listed(index, value, limit=limit, after=position)
        return [summary_of(item.attributes) for item in page.items], page.end.sort if page.end else None

    def work(self, project_id: str, work: str) -> Work | None:
        """The state of one piece of work."""
        stored = self._table.get(Key(partition(project_id), work))
        return work_of(stored) if stored else None

    def plan(self, project_id: str, build: int) -> PlanRecord | None:
        """The plan record of a build."""
        stored = self._table.get(Key(partition(project_id), f"PLAN#{build}"))
        return PlanRecord.model_validate(stored) if stored else None

    def change(self, project_id: str, build: int) -> ChangeRecord | None:
        """What a build is to change; None for the first."""
        stored = self._table.get(Key(partition(project_id), f"MOD#{build}"))
        return ChangeRecord.model_validate(stored) if stored else None

    def tasks(self, project_id: str, revision: Revision) -> list[TaskRecord]:
        """The tasks of a revision."""
        return self._records(project_id, f"TASK#{revision}#", TaskRecord)

    def files(self, project_id: str) -> list[FileRecord]:
        """The project's files, by path."""
        return self._records(project_id, "FILE#", FileRecord)

    def file(self, project_id: str, path: str) -> FileRecord | None:
        """One file."""
        stored = self._table.get(Key(partition(project_id), f"FILE#{path}"))
        return FileRecord.model_validate(stored) if stored else None

    def tests(self, project_id: str) -> list[TestRecord]:
        """Every test record, oldest first."""
        return self._records(project_id, "TEST#", TestRecord)

    def deployments(self, project_id: str) -> list[DeploymentRecord]:
        """Every deployment record, oldest first."""
        return self._records(project_id, "DEPLOY#", DeploymentRecord)

    def events(self, project_id: str) -> list[TimelineEvent]:
        """The timeline, oldest first."""
        return self._records(project_id, "EVENT#", TimelineEvent)

    def _records(self, project_id: str, prefix: str, kind: type[R]) -> list[R]:
        items = self._table.query(partition(project_id), first=prefix, last=prefix + "\U0010ffff")
        return [kind.model_validate(item.attributes) for item in items]

    # What changes

    def refusal(self, message: AnyMessage, status: ProjectStatus) -> Refusal | None:
        """Why the work that a message asks for is not, or no longer, to be done; None if it is."""
        return _refusal(self.get(message.project_id), self.work(message.project_id, message.work), status)

    def claim(self, message: AnyMessage, agent: str, status: ProjectStatus) -> Claimed | Refusal:
        """Begin the work that a message asks for, in a project whose status is, or may become, `status`."""
        for _ in range(MAX_CONFLICTS):
            project, work = self.get(message.project_id), self.work(message.project_id, message.work)
            refusal = _refusal(project, work, status)
            if refusal or project is None or work is None:
                return refusal or Deleted()
            claimed = Claimed(project, work.attempts + 1, self._clock())
            try:
                self._table.write(*self._claim_writes(message, agent, status, claimed))
            except Conflict:
                continue  # another delivery came between; look again
            return claimed
        raise Retryable(f"{message.id} is claimed by too many at once")

    def _claim_writes(self, message: AnyMessage, agent: str, status: ProjectStatus, claimed: Claimed) -> list[Write]:
        begun = Update(
            Key(partition(message.project_id), message.work),
            set={"state": WorkState.RUNNING, "started_at": iso(claimed.at)},
            add={"attempts": 1},
            among={"state": OPEN, "attempts": [claimed.attempt - 1]},
        )
        event = self._event(
            message.project_id, EventType.WORK_STARTED, claimed.at, agent, message.work, claimed.attempt, status
        )
        return [begun, self._project_update(message.project_id, claimed.at, move=status), event]

    def commit(self, message: AnyMessage, agent: str, claimed: Claimed, changes: Changes) -> None:
        """End the work: its item, the project, all other writes and the event at once.

        Raises `Conflict`, naming the items: the work's own if another delivery ended it first, the project's
        if it left the status that the work needs, else one of `changes.writes`.
        """
        at = self._clock()
        done = Update(
            Key(partition(message.project_id), message.work),
            set={
                **changes.fields,
                "state": WorkState.DONE,
                "finished_at": iso(at),
                "outbox": [sent.model_dump(mode="json", by_alias=True) for sent in changes.outbox],
            },
            among={"state": OPEN},
        )
        status = changes.move or claimed.project.status
        event = self._event(
            message.project_id, EventType.WORK_DONE, at, agent, message.work, claimed.attempt, status,
            duration_ms=_milliseconds(at, claimed.at), detail=changes.detail, tokens=changes.tokens,
        )  # fmt: skip
        project = self._project_update(
            message.project_id, at, move=changes.move, fields=changes.project, tokens=changes.tokens
        )
        self._table.write(done, project, *changes.writes, event)

    def fail(self, message: AnyMessage, agent: str, claimed: Claimed, reason: str) -> None:
        """End the work and the project as failed, for a reason that its owner will read."""
        at = self._clock()
        failure = Failure(step=agent, reason=reason).model_dump()
        failed = Update(
            Key(partition(message.project_id), message.work),
            set={"state": WorkState.FAILED, "finished_at": iso(at), "failure": failure},
            among={"state": OPEN},
        )
        project = self._project_update(message.project_id, at, move=ProjectStatus.FAILED, fields={"failure": failure})
        self._table.write(failed, project, self._ended_badly(message, agent, claimed, ProjectStatus.FAILED, reason, at))

    def interrupt(
        self, message: AnyMessage, agent: str, claimed: Claimed, reason: str, *, move: ProjectStatus | None = None
    ) -> None:
        """Put the work back to pending: it will be tried again; `move` tells the owner that it waits."""
        at = self._clock()
        pending_again = Update(
            Key(partition(message.project_id), message.work),
            set={"state": WorkState.PENDING},
            among={"state": OPEN},
        )
        status = move or claimed.project.status
        project = self._project_update(message.project_id, at, move=move)
        self._table.write(pending_again, project, self._ended_badly(message, agent, claimed, status, reason, at))

    def _ended_badly(
        self, message: AnyMessage, agent: str, claimed: Claimed, status: ProjectStatus, reason: str, at: datetime
    ) -> Put:
        return self._event(
            message.project_id, EventType.WORK_FAILED, at, agent, message.work, claimed.attempt, status,
            duration_ms=_milliseconds(at, claimed.at), detail=reason,
        )  # fmt: skip

    def _project_update(
        self,
        project_id: str,
        at: datetime,
        *,
        move: ProjectStatus | None = None,
        fields: Attributes | None = None,
        tokens: TokenUsage | None = None,
    ) -> Update:
        """The write to METADATA that goes with every other: it fails where the move would be illegal."""
        allowed = _movable(move) if move else set(ProjectStatus) - FINAL
        return Update(
            metadata_key(project_id),
            set={**(fields or {}), "updated_at": iso(at), **({"status": move} if move else {})},
            add={"version": 1, **counted((tokens or NO_TOKENS).model_dump())},
            among={"status": sorted(allowed)},
        )

    def _event(
        self,
        project_id: str,
        kind: EventType,
        at: datetime,
        agent: str,
        work: str,
        attempt: int,
        status: ProjectStatus,
        **more: Any,
    ) -> Put:
        event = TimelineEvent(
            id=self._new_id(), type=kind, at=at, agent=agent, work=work, attempt=attempt, status=status, **more
        )
        return timeline_put(project_id, event)


def pending(message: AnyMessage, kind: type[Work] = Work, **fields: Any) -> Put:
    """The write that makes a piece of work known, to go in one transaction with what makes it due."""
    record = kind(work=message.work, revision=message.revision, **fields)
    return Put(Key(partition(message.project_id), message.work), attributes(record), absent=True)


def stored_file(project_id: str, record: FileRecord) -> Put:
    """The write of a file's item, over the one of an earlier revision."""
    return Put(Key(partition(project_id), f"FILE#{record.path}"), attributes(record))


def removed_file(project_id: str, path: str) -> Remove:
    """The write that takes a file out of a project; its objects stay with the revisions that had it."""
    return Remove(Key(partition(project_id), f"FILE#{path}"))


def plan_progress(project_id: str, plan: PlanRecord, task_id: str) -> Update:
    """The fan-in: count a task as done, unless the plan's progress changed since `plan` was read."""
    return Update(
        Key(partition(project_id), plan.work),
        set={"done": sorted({*plan.done, task_id})},
        add={"progress": 1},
        among={"progress": [plan.progress]},
    )


def _refusal(project: Project | None, work: Work | None, status: ProjectStatus) -> Refusal | None:
    """Why the work is not to be begun; None if it is."""
    if project is None:
        return Deleted()
    if work is None:
        return Abandoned("nobody asked for this work")
    if work.state is WorkState.DONE:
        return AlreadyDone(work.outbox)
    if work.state is WorkState.FAILED:
        return Abandoned("the work failed for good before")
    if project.status not in _movable(status):
        return Abandoned(f"the project is {project.status}")
    return None


def _movable(status: ProjectStatus) -> set[ProjectStatus]:
    """The statuses in which an agent may put the project into `status`: it never revives a final one."""
    return {status, *sources(status)} - FINAL


def _milliseconds(end: datetime, start: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))
