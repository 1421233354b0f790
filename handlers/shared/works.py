"""Pieces of work in the table: claims, ends and releases them, and updates their project at the same time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from shared.identifiers import Clock, Identifiers
from shared.items import count_up, format_time, make_metadata_key, make_work_key, put_event
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import AnyMessage
from shared.models.project import Failure, Project, TokenUsage
from shared.models.records import Work, WorkState
from shared.models.workflow import FINAL, TAKEN_BACK, ProjectStatus, list_sources
from shared.projects import Projects
from shared.reversal import Reversal
from shared.storage.table import Attributes, Put, Table, Update, Write, retry_on_conflict

NO_TOKENS: Final = TokenUsage()
LONGEST_REASON: Final = 2000
"""Maximum characters of a failure's reason: people read no more, and items have a size limit."""
OPEN: Final = (WorkState.PENDING, WorkState.RUNNING)


@dataclass(frozen=True)
class Changes:
    """What the end of a piece of work changes, in one transaction."""

    fields: Attributes = field(default_factory=dict)
    """Attributes of the work item itself."""
    move: ProjectStatus | None = None
    """The project's next status; None to stay."""
    project: Attributes = field(default_factory=dict)
    """Further attributes of the project."""
    writes: tuple[Write, ...] = ()
    """Other items: files, the next agents' work, the plan's progress."""
    outbox: tuple[AnyMessage, ...] = ()
    """The messages to send."""
    detail: str = ""
    """A sentence for the timeline."""


class Claimed(NamedTuple):
    """This worker has claimed the work, in the project as it is after the claim; `attempt` counts from 1."""

    project: Project
    attempt: int
    at: datetime


class AlreadyDone(NamedTuple):
    """An earlier delivery did the work; its messages have to be sent again."""

    outbox: tuple[AnyMessage, ...]


class Abandoned(NamedTuple):
    """The work is no longer wanted: it failed, or it is not allowed in the project's current status."""

    reason: str


@dataclass(frozen=True)
class Deleted:
    """The project was deleted; whatever was written for it since must be deleted too."""


Refusal = AlreadyDone | Abandoned | Deleted


class Works:
    """The work on the projects of one table."""

    def __init__(self, table: Table, *, clock: Clock, identifiers: Identifiers) -> None:
        self._table = table
        self._projects = Projects(table)
        self._clock = clock
        self._new_id = identifiers

    def find_refusal(self, message: AnyMessage, status: ProjectStatus) -> Refusal | None:
        """Return why a message's work must not be done, or not any more; None if it must be done."""
        return _find_refusal(message, *self._read_stored(message), status)

    def claim(self, message: AnyMessage, agent: str, status: ProjectStatus) -> Claimed | Refusal:
        """Claim a message's work, in a project that is, or can become, `status`."""

        def attempt() -> Claimed | Refusal:
            project, work = self._read_stored(message)
            refusal = _find_refusal(message, project, work, status)
            if refusal or project is None or work is None:
                return refusal or Deleted()
            claimed = Claimed(project.model_copy(update={"status": status}), work.attempts + 1, self._clock())
            self._table.write(*self._make_claim_writes(message, agent, status, claimed))
            return claimed

        return retry_on_conflict(attempt, message.id)

    def _read_stored(self, message: AnyMessage) -> tuple[Project | None, Work | None]:
        return self._projects.get(message.project_id), self._projects.get_work(message.project_id, message.work)

    def _make_claim_writes(
        self, message: AnyMessage, agent: str, status: ProjectStatus, claimed: Claimed
    ) -> list[Write]:
        work_update = Update(
            make_work_key(message),
            set={"state": WorkState.RUNNING, "started_at": format_time(claimed.at)},
            add={"attempts": 1},
            among={"state": OPEN, "attempts": [claimed.attempt - 1]},
        )
        event = self._put_event(
            message.project_id, EventType.WORK_STARTED, claimed.at, agent, message.work, claimed.attempt, status
        )
        return [work_update, self._update_project(message, claimed.at, move=status), event]

    def commit(
        self, message: AnyMessage, agent: str, claimed: Claimed, changes: Changes, tokens: TokenUsage = NO_TOKENS
    ) -> None:
        """End the work: write its item, the project, all other items and the event together; `tokens` is its usage.

        Raises `Conflict` with the items' keys: the work's if another delivery ended it first, the project's if it left
        the status that the work needs, else one of `changes.writes`.
        """
        now = self._clock()
        work_update = Update(
            make_work_key(message),
            set={
                **changes.fields,
                "state": WorkState.DONE,
                "finished_at": format_time(now),
                "outbox": [sent.model_dump(mode="json", by_alias=True) for sent in changes.outbox],
            },
            among={"state": OPEN},
        )
        status = changes.move or claimed.project.status
        event = self._put_event(
            message.project_id, EventType.WORK_DONE, now, agent, message.work, claimed.attempt, status,
            duration_ms=_count_milliseconds(now, claimed.at), detail=changes.detail, tokens=tokens,
        )  # fmt: skip
        project_update = self._update_project(message, now, move=changes.move, fields=changes.project, tokens=tokens)
        self._table.write(work_update, project_update, *changes.writes, event)

    def fail(
        self,
        message: AnyMessage,
        agent: str,
        claimed: Claimed,
        reason: str,
        tokens: TokenUsage = NO_TOKENS,
        reversal: Reversal | None = None,
    ) -> None:
        """End the work as failed, with a reason for the project's owner; `tokens` is its usage.

        The project becomes FAILED or, with a `reversal`, returns to its state before the change.
        """
        now = self._clock()
        failure = Failure(step=agent, reason=_shorten(reason)).model_dump()
        work_update = Update(
            make_work_key(message),
            set={"state": WorkState.FAILED, "finished_at": format_time(now), "failure": failure},
            among={"state": OPEN},
        )
        status = reversal.to.status if reversal else ProjectStatus.FAILED
        fields = {"failure": failure, **(_revert_project(message, reversal) if reversal else {})}
        among: Mapping[str, Collection[Any]] = {}
        if reversal:  # only while the project has not changed since the reversal was made
            among = {"version": [reversal.version], "status": sorted(TAKEN_BACK)}
        project_update = self._update_project(message, now, move=status, fields=fields, tokens=tokens, among=among)
        event = self._put_failed_event(message, agent, claimed, status, reason, now, tokens)
        self._table.write(work_update, project_update, *(reversal.writes if reversal else ()), event)

    def interrupt(
        self, message: AnyMessage, agent: str, claimed: Claimed, reason: str, *, move: ProjectStatus | None = None
    ) -> None:
        """Reset the work to pending, to be tried again; `move` shows the owner that the project waits."""
        now = self._clock()
        work_update = Update(
            make_work_key(message),
            set={"state": WorkState.PENDING},
            among={"state": OPEN},
        )
        status = move or claimed.project.status
        project_update = self._update_project(message, now, move=move)
        self._table.write(
            work_update, project_update, self._put_failed_event(message, agent, claimed, status, reason, now)
        )

    def _put_failed_event(
        self,
        message: AnyMessage,
        agent: str,
        claimed: Claimed,
        status: ProjectStatus,
        reason: str,
        now: datetime,
        tokens: TokenUsage = NO_TOKENS,
    ) -> Put:
        return self._put_event(
            message.project_id, EventType.WORK_FAILED, now, agent, message.work, claimed.attempt, status,
            duration_ms=_count_milliseconds(now, claimed.at), detail=_shorten(reason), tokens=tokens,
        )  # fmt: skip

    def _update_project(
        self,
        message: AnyMessage,
        now: datetime,
        *,
        move: ProjectStatus | None = None,
        fields: Attributes | None = None,
        tokens: TokenUsage = NO_TOKENS,
        among: Mapping[str, Collection[Any]] | None = None,
    ) -> Update:
        """Return the write to METADATA that accompanies all others: it fails if the move is illegal.

        It also fails if the project is at another revision, so that work on a change that was rolled back is lost.
        """
        allowed = _list_movable(move) if move else set(ProjectStatus) - FINAL
        return Update(
            make_metadata_key(message.project_id),
            set={**(fields or {}), "updated_at": format_time(now), **({"status": move} if move else {})},
            add={"version": 1, **count_up(tokens.model_dump())},
            among={"status": sorted(allowed), "revision": [message.revision.model_dump()], **(among or {})},
        )

    def _put_event(
        self,
        project_id: str,
        kind: EventType,
        at: datetime,
        agent: str,
        work: str,
        attempt: int,
        status: ProjectStatus,
        **fields: Any,
    ) -> Put:
        event = TimelineEvent(
            id=self._new_id(), type=kind, at=at, agent=agent, work=work, attempt=attempt, status=status, **fields
        )
        return put_event(project_id, event)


def _revert_project(message: AnyMessage, reversal: Reversal) -> Attributes:
    """Return the project's attributes before its change, and the build that failed."""
    before = reversal.to.model_dump(include={"revision", "score"})
    return {**before, "failed_build": message.revision.build}


def _find_refusal(
    message: AnyMessage, project: Project | None, work: Work | None, status: ProjectStatus
) -> Refusal | None:
    """Return why the work must not begin; None if it may."""
    if project is None:
        return Deleted()
    if work is None:
        return Abandoned("nobody asked for this work")
    if work.state is WorkState.DONE:
        return AlreadyDone(work.outbox)
    if work.state is WorkState.FAILED:
        return Abandoned("the work failed for good before")
    if project.status not in _list_movable(status) or project.revision != message.revision:
        return Abandoned(f"the project is {project.status}, at revision {project.revision}")
    return None


def _list_movable(status: ProjectStatus) -> set[ProjectStatus]:
    """Return the statuses from which an agent may move the project to `status`: never from a final one."""
    return {status, *list_sources(status)} - FINAL


def _shorten(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 3]}..."


def _count_milliseconds(end: datetime, start: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))
