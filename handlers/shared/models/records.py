"""The items of a project beside its metadata: work in its states, files, and what each agent left."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.models.base import Model
from shared.models.messages import AnyMessage
from shared.models.project import Failure, Revision, StoredObject


class WorkState(StrEnum):
    """How far a piece of work is; only DONE and FAILED are final."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Work(Model):
    """The part that `PLAN#`, `TASK#`, `TEST#` and `DEPLOY#` items share: the worker contract's state."""

    work: str = Field(description="the sort key")
    revision: Revision
    state: WorkState = WorkState.PENDING
    attempts: int = Field(default=0, ge=0)
    outbox: tuple[AnyMessage, ...] = Field(default=(), description="what its end emits, kept to emit it again")
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None


class PlanRecord(Work):
    """A `PLAN#{build}` item; `done` is the fan-in: the tasks that are finished."""

    plan: StoredObject | None = None
    done: tuple[str, ...] = ()
    progress: int = Field(default=0, ge=0, description="grows with every change of `done`; optimistic concurrency")


class TaskRecord(Work):
    """A `TASK#{revision}#{task}` item."""

    task_id: str
    title: str
    files: tuple["FileRecord", ...] = ()


class TestRecord(Work):
    """A `TEST#{revision}` item."""

    __test__ = False
    score: float | None = None
    passed: bool | None = None
    report: StoredObject | None = None
    page: StoredObject | None = None


class DeploymentRecord(Work):
    """A `DEPLOY#{revision}` item."""

    project_type: str | None = None
    package: StoredObject | None = None
    template: StoredObject | None = None
    instructions: StoredObject | None = None


class FileRecord(Model):
    """A `FILE#{path}` item: the current content of one path."""

    path: str
    language: str
    revision: Revision
    object: StoredObject
