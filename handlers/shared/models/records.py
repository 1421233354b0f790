"""The items of a project beside its metadata: work and its state, files, and the results of each agent."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.models.base import Model
from shared.models.messages import AnyMessage
from shared.models.project import Failure, Project, Revision, StoredObject
from shared.models.workflow import ProjectStatus


class WorkState(StrEnum):
    """The state of a piece of work; only DONE and FAILED are final."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Work(Model):
    """The part that `PLAN#`, `TASK#`, `TEST#` and `DEPLOY#` items have in common: the worker contract's state."""

    work: str
    """Sort key of the item."""
    revision: Revision
    state: WorkState = WorkState.PENDING
    attempts: int = Field(default=0, ge=0)
    outbox: tuple[AnyMessage, ...] = ()
    """Messages that its end emits, kept to send them again."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None


class PlanRecord(Work):
    """A `PLAN#{build}` item; `done` is the fan-in: the finished tasks."""

    plan: StoredObject | None = None
    base: StoredObject | None = None
    """The files that a change starts from."""
    done: tuple[str, ...] = ()
    progress: int = Field(default=0, ge=0)
    """Incremented by every change of `done`, for optimistic concurrency control."""


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
    errors: int = Field(default=0, ge=0)
    """Errors found, not counting tests that do not pass."""
    passing: int = Field(default=0, ge=0)
    """How many of the project's own tests passed."""
    report: StoredObject | None = None
    page: StoredObject | None = None
    manifest: StoredObject | None = None
    """The files that were tested."""
    fingerprint: str | None = None
    """Digest of the findings, unchanged if they only move."""


class TriedFunction(Model):
    """The result of trying one function of a package."""

    handler: str = Field(description="in Lambda's notation")
    passed: bool | None = Field(description="null if it could not be tried")
    seen: str = Field(description="what happened when it was tried, or why it was not tried, in a sentence")


class DeploymentRecord(Work):
    """A `DEPLOY#{revision}` item."""

    project_type: str | None = None
    package: StoredObject | None = None
    template: StoredObject | None = None
    instructions: StoredObject | None = None
    proof: str | None = None
    proven: bool | None = None
    tried: tuple[TriedFunction, ...] = ()
    unproven: bool = False
    """Completed even if its package fails when it is tried."""


class FileRecord(Model):
    """A `FILE#{path}` item: the current content at a path."""

    path: str
    language: str
    revision: Revision
    object: StoredObject


class Manifest(Model):
    """All files of a project at one moment."""

    files: tuple[FileRecord, ...]

    def by_path(self) -> dict[str, FileRecord]:
        """Return the files by their paths."""
        return {file.path: file for file in self.files}


class Standing(Model):
    """The state of a finished project, which is restored if a change fails."""

    status: ProjectStatus
    revision: Revision
    score: float | None


class ChangeRecord(Model):
    """A `MOD#{build}` item: the change that a build makes, in its owner's words."""

    build: int = Field(ge=2)
    """The build that makes the change."""
    requirements: str
    correlation_id: str
    """The id of the API request that asked for it."""
    requested_at: datetime
    before: Standing | None = None
    """The project's state before the change."""


class RequestRecord(Model):
    """The request with an Idempotency-Key, and its result."""

    content: str
    """Digest of the request."""
    project: Project
    """The project as the request left it."""
    messages: tuple[AnyMessage, ...]
    """The messages that started the work."""
    expires_at: int
    """Unix time in seconds; DynamoDB deletes the item some time after it."""
