"""Requests to change projects: each is one transaction, which includes the messages that start its work."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from api_handler.problems import Problem, ProblemKind, not_found
from api_handler.stalled import Stalled
from shared.identifiers import Clock, Identifiers
from shared.items import (
    make_metadata_key,
    make_work_key,
    put_event,
    put_pending,
    read_project,
    to_attributes,
    to_metadata,
)
from shared.models import layout
from shared.models.base import Model
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import AnyMessage, DeployRequested, PlanRequested
from shared.models.project import Project, Revision
from shared.models.records import ChangeRecord, DeploymentRecord, PlanRecord, RequestRecord, Standing, WorkState
from shared.models.workflow import AT_REST, FINAL, ProjectStatus
from shared.storage.table import Key, Put, Table, Update, Write, retry_on_conflict

UNPROVEN: Final = ", unproven"
"""What the timeline adds if a person wants the package even if it fails when it is tried."""

KEPT_SECONDS: Final = 24 * 3600
"""The minimum time for which an Idempotency-Key is remembered."""

_AGENT: Final = "api"


class Once(NamedTuple):
    """Identifies a request that is applied once: the digests of its Idempotency-Key and of its content.

    See draft-ietf-httpapi-idempotency-key-header.
    """

    key: str
    content: str

    @classmethod
    def of(cls, key: str | None, operation: str, body: Model | None = None) -> "Once | None":
        """Return the digests of a key and of the request that it came with; None without a key."""
        if key is None:
            return None
        return cls(_hash_text(key), _hash_text(f"{operation}\n{body.model_dump_json() if body else ''}"))


@dataclass(frozen=True)
class Accepted:
    """The project after the request, and the messages to send; sending them again is harmless."""

    project: Project
    messages: tuple[AnyMessage, ...]


class _Slot(NamedTuple):
    """Where the result of a request with an Idempotency-Key is stored, and the digest of its content."""

    key: Key
    content: str


class _Step(NamedTuple):
    """The writes of a request, and its result."""

    accepted: Accepted
    writes: tuple[Write, ...]


class Requests:
    """The requests to the projects of one table.

    Each method takes the `correlation_id` of the API's request, and `once` if the caller sent an Idempotency-Key: then
    a repeated request writes nothing and returns the first result. All raise `Problem` and `Retryable`.
    """

    def __init__(self, table: Table, *, clock: Clock, identifiers: Identifiers) -> None:
        self._table = table
        self._clock = clock
        self._new_id = identifiers

    def create(
        self,
        name: str,
        requirements: str,
        correlation_id: str,
        *,
        template: str | None = None,
        once: Once | None = None,
    ) -> Accepted:
        """Create a project and request its first plan."""
        slot = _Slot(Key(layout.request(once.key), layout.METADATA), once.content) if once else None

        def step() -> _Step:
            now = self._clock()
            project = Project(
                id=self._new_id(),
                name=name,
                requirements=requirements,
                template=template,
                status=ProjectStatus.CREATED,
                revision=Revision(build=1),
                created_at=now,
                updated_at=now,
                version=1,
                idempotency=slot.key.pk if slot else None,
            )
            message = PlanRequested(project_id=project.id, correlation_id=correlation_id, revision=project.revision)
            project_write = Put(make_metadata_key(project.id), to_metadata(project), absent=True)
            event = self._put_event(project, EventType.PROJECT_CREATED)
            return _Step(Accepted(project, (message,)), (project_write, put_pending(message, PlanRecord), event))

        return self._write_step(step, slot)

    def modify(self, project_id: str, requirements: str, correlation_id: str, *, once: Once | None = None) -> Accepted:
        """Start the next build of a finished project: a change of its files."""

        def step() -> _Step:
            project = self._read_project_at_rest(project_id)
            return self._make_change_step(project, requirements, correlation_id, EventType.CHANGE_REQUESTED)

        return self._write_step(step, _make_slot(project_id, once))

    def _make_change_step(self, project: Project, requirements: str, correlation_id: str, kind: EventType) -> _Step:
        """Return the step that starts the next build, also after one that failed and was rolled back."""
        revision = Revision(build=max(project.revision.build, project.failed_build) + 1)
        after = _increment_version(
            project, self._clock(), status=ProjectStatus.PLANNING, revision=revision, failure=None
        )
        change = ChangeRecord(
            build=revision.build,
            requirements=requirements,
            correlation_id=correlation_id,
            requested_at=after.updated_at,
            before=Standing(status=project.status, revision=project.revision, score=project.score),
        )
        message = PlanRequested(project_id=project.id, correlation_id=correlation_id, revision=revision)
        record = Put(Key(layout.project(project.id), layout.change(revision.build)), to_attributes(change), absent=True)
        event = self._put_event(after, kind, f"build {revision.build}")
        return _Step(
            Accepted(after, (message,)),
            (_replace_project(project, after), record, put_pending(message, PlanRecord), event),
        )

    def deploy(self, project_id: str, correlation_id: str, *, unproven: bool, once: Once | None = None) -> Accepted:
        """Package the current revision, or package it again: a revision has one deployment.

        With `unproven`, a person accepts the package even if it fails when it is tried.
        """

        def step() -> _Step:
            project = self._read_project_at_rest(project_id)
            after = _increment_version(project, self._clock(), status=ProjectStatus.DEPLOYING, failure=None)
            message = DeployRequested(project_id=project_id, correlation_id=correlation_id, revision=project.revision)
            key = make_work_key(message)
            reopening = Update(key, set={"state": WorkState.PENDING, "failure": None, "unproven": unproven})
            work = reopening if self._table.get(key) else put_pending(message, DeploymentRecord, unproven=unproven)
            detail = f"revision {project.revision}{UNPROVEN if unproven else ''}"
            event = self._put_event(after, EventType.DEPLOYMENT_REQUESTED, detail)
            return _Step(Accepted(after, (message,)), (_replace_project(project, after), work, event))

        return self._write_step(step, _make_slot(project_id, once))

    def retry(self, project_id: str, correlation_id: str, *, once: Once | None = None) -> Accepted:
        """Continue a project from the step that failed, or that waits for a message which never came.

        A change that failed was rolled back, so it starts again as the next build.
        """

        def step() -> _Step:
            project = self._read_project(project_id)
            failed = self._find_failed_change(project)
            if failed:
                return self._make_change_step(project, failed.requirements, correlation_id, EventType.RETRY_REQUESTED)
            stalled = Stalled.of(self._table, project, correlation_id)
            if project.status in AT_REST or not stalled.messages:
                raise Problem(ProblemKind.NOT_NOW, f"The project is {project.status}: there is nothing to retry.")
            after = _increment_version(project, self._clock())
            if project.status in FINAL:
                moved = {"status": stalled.status, "failure": None, "retries": project.retries + 1}
                after = after.model_copy(update=moved)
            event = self._put_event(
                after, EventType.RETRY_REQUESTED, ", ".join(message.work for message in stalled.messages)
            )
            return _Step(
                Accepted(after, stalled.messages), (_replace_project(project, after), *stalled.reopenings, event)
            )

        return self._write_step(step, _make_slot(project_id, once))

    def rename(self, project_id: str, name: str, expected: Callable[[Project], bool]) -> Project:
        """Rename a project if `expected` returns true for it: it is still the version that the caller read."""

        def attempt() -> Project:
            project = self._read_project(project_id)
            if not expected(project):
                raise Problem(
                    ProblemKind.VERSION_CHANGED, f"The project is at version {project.version}. GET it again."
                )
            after = _increment_version(project, self._clock(), name=name)
            self._table.write(_replace_project(project, after))
            return after

        return retry_on_conflict(attempt, project_id)

    def _write_step(self, step: Callable[[], _Step], slot: _Slot | None) -> Accepted:
        """Write a step and, with a key, its result in one transaction; start over after a conflict."""

        def attempt() -> Accepted:
            earlier = self._find_earlier_result(slot) if slot else None
            if earlier:
                return earlier
            accepted, writes = step()
            slot_writes = [Put(slot.key, to_attributes(self._make_record(accepted, slot)), absent=True)] if slot else []
            self._table.write(*writes, *slot_writes)
            return accepted

        return retry_on_conflict(attempt, "the project")

    def _find_earlier_result(self, slot: _Slot) -> Accepted | None:
        """Return the first result of a repeated request, with only those messages whose work has not begun."""
        stored = self._table.get(slot.key)
        if stored is None:
            return None
        record = RequestRecord.model_validate(stored)
        if record.content != slot.content:
            detail = "This Idempotency-Key was used with a different request; use a new key for a new request."
            raise Problem(ProblemKind.KEY_REUSED, detail)
        return Accepted(record.project, tuple(filter(self._is_pending, record.messages)))

    def _is_pending(self, message: AnyMessage) -> bool:
        work = self._table.get(make_work_key(message))
        return work is not None and work["state"] == WorkState.PENDING

    def _make_record(self, accepted: Accepted, slot: _Slot) -> RequestRecord:
        expires_at = int(self._clock().timestamp()) + KEPT_SECONDS
        return RequestRecord(
            content=slot.content, project=accepted.project, messages=accepted.messages, expires_at=expires_at
        )

    def _read_project(self, project_id: str) -> Project:
        stored = self._table.get(make_metadata_key(project_id))
        if stored is None:
            raise not_found("project")
        return read_project(stored)

    def _find_failed_change(self, project: Project) -> ChangeRecord | None:
        """Return a finished project's latest change if that failed."""
        if project.status not in AT_REST or project.failure is None:
            return None
        stored = self._table.get(Key(layout.project(project.id), layout.change(project.failed_build)))
        return ChangeRecord.model_validate(stored) if stored else None

    def _read_project_at_rest(self, project_id: str) -> Project:
        project = self._read_project(project_id)
        if project.status not in AT_REST:
            detail = f"The project is {project.status}; it must be {' or '.join(sorted(AT_REST))}."
            raise Problem(ProblemKind.NOT_NOW, detail)
        return project

    def _put_event(self, project: Project, kind: EventType, detail: str = "") -> Put:
        event = TimelineEvent(
            id=self._new_id(),
            type=kind,
            at=project.updated_at,
            agent=_AGENT,
            work=layout.METADATA,
            attempt=0,
            status=project.status,
            detail=detail,
        )
        return put_event(project.id, event)


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _make_slot(project_id: str, once: Once | None) -> _Slot | None:
    """Return where the result is stored: in the project's partition, so that it is deleted with the project."""
    return _Slot(Key(layout.project(project_id), layout.request(once.key)), once.content) if once else None


def _increment_version(project: Project, now: datetime, **changes: object) -> Project:
    """Return the project with changes and the next version number."""
    return project.model_copy(update={**changes, "updated_at": now, "version": project.version + 1})


def _replace_project(before: Project, after: Project) -> Update:
    """Return the write that replaces one version of a project with the next; it conflicts if another came between."""
    old, new = to_attributes(before), to_attributes(after)
    changed = {name: value for name, value in new.items() if value != old[name] and name != "version"}
    return Update(make_metadata_key(before.id), set=changed, add={"version": 1}, among={"version": [before.version]})
