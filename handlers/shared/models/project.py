"""A project as it is stored and shown, and the revisions that identify its builds."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.models.base import Model
from shared.models.workflow import ProjectStatus

ULID: Final = "[0-9A-HJKMNP-TV-Z]{26}"
"""The pattern of a ULID: Crockford base 32, see https://github.com/ulid/spec."""

ProjectId = Annotated[str, StringConstraints(pattern=f"^{ULID}$")]
"""A ULID: ids sort by the time of creation."""


class Revision(Model):
    """One state of a project's code: build 1 is the first request, and each change request starts the next build;
    round 0 is the development, and each repair after QA starts the next round."""

    build: int = Field(ge=1)
    round: int = Field(ge=0, default=0)

    def __str__(self) -> str:
        return f"{self.build}.{self.round}"

    def repaired(self) -> "Revision":
        """Return the revision of the next repair round."""
        return Revision(build=self.build, round=self.round + 1)


class StoredObject(Model):
    """An object in the bucket, as an item refers to it."""

    key: str
    size: int = Field(ge=0)
    """In bytes."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class TokenUsage(Model):
    """The use of the language model, in calls and tokens."""

    calls: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "TokenUsage") -> "TokenUsage":
        return TokenUsage(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )


class Failure(Model):
    """Why a project, or its latest change, failed, in words that a person can act on."""

    step: str
    reason: str


class Archive(Model):
    """An `ARCHIVE#{files}` item: a zip of all of a project's files at the time when `files` was their digest."""

    files: str = Field(pattern=r"^[0-9a-f]{64}$")
    object: StoredObject


class ProjectSummary(Model):
    """The part of a project in the listing indexes."""

    id: ProjectId
    name: str
    status: ProjectStatus
    revision: Revision
    created_at: datetime
    updated_at: datetime
    version: int = Field(ge=1)
    """Incremented by every write, for optimistic concurrency control."""
    score: float | None = Field(default=None, ge=0, le=100)
    failure: Failure | None = None
    """Why the project failed; for a finished project, why its last change failed."""
    tokens: TokenUsage = TokenUsage()


class Project(ProjectSummary):
    """The `METADATA` item of a project."""

    requirements: str
    template: str | None = None
    """Id of the template that the project began from."""
    package: StoredObject | None = None
    failed_build: int = Field(default=0, ge=0)
    """The latest build whose change failed; 0 if none did."""
    retries: int = Field(default=0, ge=0)
    """How often its owner retried a failed step."""
    idempotency: str | None = None
    """Partition key of the stored request that created it."""
