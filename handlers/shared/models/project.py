"""A project as it is stored and shown, and the marks that name its builds."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.models.base import Model
from shared.models.workflow import ProjectStatus

ULID: Final = "[0-9A-HJKMNP-TV-Z]{26}"
"""The pattern of a ULID: Crockford base 32, see https://github.com/ulid/spec."""

ProjectId = Annotated[str, StringConstraints(pattern=f"^{ULID}$")]
"""A ULID: it sorts by the time the project was created."""


class Revision(Model):
    """One state of a project's code: build 1 is the first request, each change request makes the next;
    round 0 is the development, each repair after QA the next."""

    build: int = Field(ge=1)
    round: int = Field(ge=0, default=0)

    def __str__(self) -> str:
        return f"{self.build}.{self.round}"

    def repaired(self) -> "Revision":
        """Return the revision that the next repair round makes."""
        return Revision(build=self.build, round=self.round + 1)


class StoredObject(Model):
    """An object in the bucket, as an item names it."""

    key: str
    size: int = Field(ge=0, description="bytes")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class TokenUsage(Model):
    """What the language model was asked and answered, in calls and tokens."""

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
    """Why a project, or its latest change, failed, in words a person can act on."""

    step: str
    reason: str


class Archive(Model):
    """An `ARCHIVE#{files}` item: a zip of all of a project's files, as they were when `files` was their digest."""

    files: str = Field(pattern=r"^[0-9a-f]{64}$")
    object: StoredObject


class ProjectSummary(Model):
    """What the listing indexes hold of a project."""

    id: ProjectId
    name: str
    status: ProjectStatus
    revision: Revision
    created_at: datetime
    updated_at: datetime
    version: int = Field(ge=1, description="grows by one with every write; optimistic concurrency")
    score: float | None = Field(default=None, ge=0, le=100)
    failure: Failure | None = Field(
        default=None, description="of a project that is FAILED why it failed, of a finished one why its last change did"
    )
    tokens: TokenUsage = TokenUsage()


class Project(ProjectSummary):
    """The `METADATA` item of a project."""

    requirements: str
    template: str | None = Field(default=None, description="the id of the template that it began from")
    package: StoredObject | None = None
    failed_build: int = Field(default=0, ge=0, description="the latest build whose change failed; 0 if none did")
    retries: int = Field(default=0, ge=0, description="how often its owner had a failed step tried again")
    idempotency: str | None = Field(default=None, description="the partition key of the request that made it")
