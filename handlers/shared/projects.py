"""Projects in the table: how each record becomes an item, and the writes that move a project on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from shared.errors import Retryable
from shared.identifiers import Clock, Identifiers
from shared.models.base import Model
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import AnyMessage, PlanRequested
from shared.models.project import Failure, Project, Revision, TokenUsage
from shared.models.records import DeploymentRecord, FileRecord, PlanRecord, TaskRecord, TestRecord, Work, WorkState
from shared.models.workflow import FINAL, ProjectStatus, sources
from shared.storage.table import Attributes, Conflict, Key, Put, Table, Update, Write

METADATA: Final = "METADATA"
LISTING: Final = "PROJECT"
"""The listing index's one partition."""

_COUNTERS: Final = {"calls": "model_calls", "prompt_tokens": "prompt_tokens", "output_tokens": "output_tokens"}
"""TokenUsage as top-level attributes, because DynamoDB's ADD reaches no nested one."""

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
    """Nobody wants the work any more: deleted, failed, or a status in which it has no place."""

    reason: str


class Projects:
    """All projects of one table."""

    def __init__(self, table: Table, *, clock: Clock, identifiers: Identifiers) -> None:
        self._table = table
        self._clock = clock
        self._new_id = identifiers

    # What is there

    def get(self, project_id: str) -> Project | None:
        """One project; None if there is none of that id."""
        attributes = self._table.get(Key(_pk(project_id), METADATA))
        return _project(attributes) if attributes else None

    def listed(
        self, limit: int, start: Mapping[str, str] | None = None
    ) -> tuple[list[Project], Mapping[str, str] | None]:
        """One page of projects, newest first, and where the next begins."""
        page = self._table.listed(LISTING, limit=limit, start=start)
        return [_project(item.attributes) for item in page.items], page.next

    def work(self, project_id: str, work: str) -> Work | None:
        """The state of one piece of work."""
        attributes = self._table.get(Key(_pk(project_id), work))
        return _work(attributes) if attributes else None

    def plan(self, project_id: str, build: int) -> PlanRecord | None:
        """The plan record of a build."""
        attributes = self._table.get(Key(_pk(project_id), f"PLAN#{build}"))
        return PlanRecord.model_validate(attributes) if attributes else None

    def tasks(self, project_id: str, revision: Revision) -> list[TaskRecord]:
        """The tasks of a revision."""
        return self._records(project_id, f"TASK#{revision}#", TaskRecord)

    def files(self, project_id: str) -> list[FileRecord]:
        """The project's files, by path."""
        return self._records(project_id, "FILE#", FileRecord)

    def file(self, project_id: str, path: str) -> FileRecord | None:
        """One file."""
        attributes = self._table.get(Key(_pk(project_id), f"FILE#{path}"))
        return FileRecord.model_validate(attributes) if attributes else None

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
        items = self._table.query(_pk(project_id), first=prefix, last=prefix + "\U0010ffff")
        return [kind.model_validate(item.attributes) for item in items]

    # What changes

    def create(self, name: str, requirements: str, correlation_id: str) -> tuple[Project, PlanRequested]:
        """Store a new project with its first plan pending; return it with the message to send."""
        at = self._clock()
        project = Project(
            id=self._new_id(),
            name=name,
            requirements=requirements,
            status=ProjectStatus.CREATED,
            revision=Revision(build=1),
            created_at=at,
            updated_at=at,
            version=1,
        )
        message = PlanRequested(project_id=project.id, correlation_id=correlation_id, revision=project.revision)
        event = self._event(project.id, EventType.PROJECT_CREATED, at, "api", METADATA, 0, project.status)
        self._table.write(
            Put(Key(_pk(project.id), METADATA), _metadata(project), absent=True), pending(message, PlanRecord), event
        )
        return project, message

    def refusal(self, message: AnyMessage, status: ProjectStatus) -> AlreadyDone | Abandoned | None:
        """Why the work that a message asks for is not, or no longer, to be done; None if it is."""
        return _refusal(self.get(message.project_id), self.work(message.project_id, message.work), status)

    def claim(self, message: AnyMessage, agent: str, status: ProjectStatus) -> Claimed | AlreadyDone | Abandoned:
        """Begin the work that a message asks for, in a project whose status is, or may become, `status`."""
        for _ in range(MAX_CONFLICTS):
            project, work = self.get(message.project_id), self.work(message.project_id, message.work)
            refusal = _refusal(project, work, status)
            if refusal or project is None or work is None:
                return refusal or Abandoned("the project does not exist")
            claimed = Claimed(project, work.attempts + 1, self._clock())
            try:
                self._table.write(*self._claim_writes(message, agent, status, claimed))
            except Conflict:
                continue  # another delivery came between; look again
            return claimed
        raise Retryable(f"{message.id} is claimed by too many at once")

    def _claim_writes(self, message: AnyMessage, agent: str, status: ProjectStatus, claimed: Claimed) -> list[Write]:
        begun = Update(
            Key(_pk(message.project_id), message.work),
            set={"state": WorkState.RUNNING, "started_at": _iso(claimed.at)},
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
            Key(_pk(message.project_id), message.work),
            set={
                **changes.fields,
                "state": WorkState.DONE,
                "finished_at": _iso(at),
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
            Key(_pk(message.project_id), message.work),
            set={"state": WorkState.FAILED, "finished_at": _iso(at), "failure": failure},
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
            Key(_pk(message.project_id), message.work),
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
        used = (tokens or NO_TOKENS).model_dump()
        return Update(
            Key(_pk(project_id), METADATA),
            set={**(fields or {}), "updated_at": _iso(at), **({"status": move} if move else {})},
            add={"version": 1, **{_COUNTERS[name]: count for name, count in used.items() if count}},
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
        return Put(Key(_pk(project_id), f"EVENT#{event.id}"), event.model_dump(mode="json"), absent=True)


def pending(message: AnyMessage, kind: type[Work] = Work, **fields: Any) -> Put:
    """The write that makes a piece of work known, to go in one transaction with what makes it due."""
    record = kind(work=message.work, revision=message.revision, **fields)
    return Put(Key(_pk(message.project_id), message.work), _attributes(record), absent=True)


def stored_file(project_id: str, record: FileRecord) -> Put:
    """The write of a file's item, over the one of an earlier revision."""
    return Put(Key(_pk(project_id), f"FILE#{record.path}"), _attributes(record))


def plan_progress(project_id: str, plan: PlanRecord, task_id: str) -> Update:
    """The fan-in: count a task as done, unless the plan's progress changed since `plan` was read."""
    return Update(
        Key(_pk(project_id), plan.work),
        set={"done": sorted({*plan.done, task_id})},
        add={"progress": 1},
        among={"progress": [plan.progress]},
    )


def _refusal(project: Project | None, work: Work | None, status: ProjectStatus) -> AlreadyDone | Abandoned | None:
    """Why the work is not to be begun; None if it is."""
    if project is None or work is None:
        return Abandoned("the project or its work was deleted")
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


def _pk(project_id: str) -> str:
    return f"PROJECT#{project_id}"


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _milliseconds(end: datetime, start: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))


def _attributes(record: Model) -> Attributes:
    attributes: dict[str, Any] = record.model_dump(mode="json", by_alias=True)
    return attributes


def _metadata(project: Project) -> Attributes:
    stored = dict(_attributes(project))
    tokens = stored.pop("tokens")
    counters = {attribute: tokens[name] for name, attribute in _COUNTERS.items()}
    return {**stored, **counters, "GSI1PK": LISTING, "GSI1SK": project.id}


def _project(attributes: Attributes) -> Project:
    stored = {name: value for name, value in attributes.items() if name not in {"GSI1PK", "GSI1SK"}}
    tokens = {name: stored.pop(attribute, 0) for name, attribute in _COUNTERS.items()}
    return Project.model_validate({**stored, "tokens": tokens})


def _work(attributes: Attributes) -> Work:
    return Work.model_validate({name: value for name, value in attributes.items() if name in Work.model_fields})
