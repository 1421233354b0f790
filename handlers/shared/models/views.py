"""The API's contract: what a caller sends, and what each resource looks like."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from shared.models.base import Model
from shared.models.project import Failure, Project, ProjectId, Revision, TokenUsage
from shared.models.records import DeploymentRecord, FileRecord, TestRecord, WorkState
from shared.models.workflow import ProjectStatus

MAX_REQUIREMENTS = 20_000
"""Characters of a request's requirements."""


def _printable(text: str) -> str:
    if any(ord(char) < 32 and char not in "\n\r\t" for char in text):
        raise ValueError("must not contain control characters")
    return text


Name = Annotated[
    str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), AfterValidator(_printable)
]
Requirements = Annotated[
    str,
    StringConstraints(min_length=10, max_length=MAX_REQUIREMENTS, strip_whitespace=True),
    AfterValidator(_printable),
]


class NewProject(Model):
    """The body of POST /api/projects."""

    name: Name
    requirements: Requirements


class ProjectView(Model):
    """A project."""

    id: ProjectId
    name: str
    requirements: str
    status: ProjectStatus
    revision: Revision
    created_at: datetime
    updated_at: datetime
    score: float | None
    failure: Failure | None
    tokens: TokenUsage

    @classmethod
    def of(cls, project: Project) -> "ProjectView":
        """What a caller sees of a stored project."""
        return cls.model_validate(project.model_dump(include=set(cls.model_fields)))


class ProjectPage(Model):
    """Some projects, newest first."""

    items: list[ProjectView]
    next: str | None = Field(description="the cursor of the next page; null on the last")


class FileView(Model):
    """A file of a project, without its content."""

    path: str
    language: str
    size: int = Field(description="bytes")
    sha256: str
    revision: Revision

    @classmethod
    def of(cls, file: FileRecord) -> "FileView":
        """What a caller sees of a stored file."""
        return cls(
            path=file.path,
            language=file.language,
            size=file.object.size,
            sha256=file.object.sha256,
            revision=file.revision,
        )


class TestView(Model):
    """One test of a revision, with addresses of its reports that expire."""

    revision: Revision
    state: WorkState
    score: float | None
    passed: bool | None
    report_url: str | None
    page_url: str | None

    @classmethod
    def of(cls, record: TestRecord, report_url: str | None, page_url: str | None) -> "TestView":
        """What a caller sees of a test."""
        return cls(
            revision=record.revision,
            state=record.state,
            score=record.score,
            passed=record.passed,
            report_url=report_url,
            page_url=page_url,
        )


class DeploymentView(Model):
    """One packaged revision, with addresses of its parts that expire."""

    revision: Revision
    state: WorkState
    project_type: str | None
    package_size: int | None = Field(description="bytes")
    package_sha256: str | None
    package_url: str | None
    template_url: str | None
    instructions_url: str | None

    @classmethod
    def of(
        cls, record: DeploymentRecord, package_url: str | None, template_url: str | None, instructions_url: str | None
    ) -> "DeploymentView":
        """What a caller sees of a deployment."""
        return cls(
            revision=record.revision,
            state=record.state,
            project_type=record.project_type,
            package_size=record.package.size if record.package else None,
            package_sha256=record.package.sha256 if record.package else None,
            package_url=package_url,
            template_url=template_url,
            instructions_url=instructions_url,
        )


class Health(Model):
    """The API is alive."""

    status: str = "ok"
