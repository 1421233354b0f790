"""The API's contract: the bodies of requests, and the representation of each resource."""

from datetime import datetime
from typing import Generic, Self, TypeVar

from pydantic import ConfigDict, Field, model_validator

from shared.models.base import Model
from shared.models.events import TimelineEvent
from shared.models.project import Archive, Failure, ProjectId, ProjectSummary, Revision, TokenUsage
from shared.models.records import DeploymentRecord, FileRecord, TestRecord, TriedFunction, WorkState
from shared.models.template import TemplateId, TemplateSummary
from shared.models.text import Name, Requirements
from shared.models.workflow import ProjectStatus

T = TypeVar("T")


class NewProject(Model):
    """The body of POST /api/projects: requirements, a template to begin from, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["requirements"], "properties": {"requirements": {"type": "string"}}},
                {"required": ["template"], "properties": {"template": {"type": "string"}}},
            ]
        }
    )

    name: Name
    requirements: Requirements | None = None
    template: TemplateId | None = Field(
        default=None, description="id of a template, whose requirements come before these"
    )

    @model_validator(mode="after")
    def _require_input(self) -> Self:
        if self.requirements is None and self.template is None:
            raise ValueError("give requirements, a template, or both")
        return self


class ProjectChange(Model):
    """The body of PUT /api/projects/{project_id}: what can be changed without new work."""

    name: Name


class Modification(Model):
    """The body of POST /api/projects/{project_id}/modify: the change that is requested."""

    requirements: Requirements


class ProjectSummaryView(Model):
    """A project in a list."""

    id: ProjectId
    name: str
    status: ProjectStatus
    revision: Revision
    created_at: datetime
    updated_at: datetime
    score: float | None
    failure: Failure | None
    tokens: TokenUsage

    @classmethod
    def of(cls, project: ProjectSummary) -> Self:
        """Return the view of a stored project."""
        return cls.model_validate(project.model_dump(include=set(cls.model_fields)))


class ProjectView(ProjectSummaryView):
    """A project."""

    requirements: str
    template: str | None


class ArchiveView(Model):
    """All of a project's files as one zip, at an address that is valid for 15 minutes."""

    url: str
    size: int = Field(description="in bytes")
    sha256: str
    files: int = Field(description="number of files in the archive")

    @classmethod
    def of(cls, archive: Archive, files: int, url: str) -> "ArchiveView":
        """Return the view of an archive."""
        return cls(url=url, size=archive.object.size, sha256=archive.object.sha256, files=files)


class FileView(Model):
    """A file of a project, without its content."""

    path: str
    language: str
    size: int = Field(description="in bytes")
    sha256: str
    revision: Revision

    @classmethod
    def of(cls, file: FileRecord) -> "FileView":
        """Return the view of a stored file."""
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
        """Return the view of a test."""
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
    package_size: int | None = Field(description="in bytes")
    package_sha256: str | None
    package_url: str | None
    template_url: str | None
    instructions_url: str | None
    proof: str | None = Field(description="what happened when the package was tried, in a sentence")
    proven: bool | None = Field(default=None, description="whether the package passed; null if nothing was tried")
    tried: tuple[TriedFunction, ...] = Field(default=(), description="the result of trying each function")
    unproven: bool = Field(
        default=False, description="whether the project is completed even if its package fails when it is tried"
    )

    @classmethod
    def of(
        cls, record: DeploymentRecord, package_url: str | None, template_url: str | None, instructions_url: str | None
    ) -> "DeploymentView":
        """Return the view of a deployment."""
        return cls(
            revision=record.revision,
            state=record.state,
            project_type=record.project_type,
            proof=record.proof,
            proven=record.proven,
            tried=record.tried,
            unproven=record.unproven,
            package_size=record.package.size if record.package else None,
            package_sha256=record.package.sha256 if record.package else None,
            package_url=package_url,
            template_url=template_url,
            instructions_url=instructions_url,
        )


class Page(Model, Generic[T]):
    """A page of a list, in the list's order."""

    items: list[T]
    next: str | None = Field(description="cursor of the next page; null on the last page")


class ProjectPage(Page[ProjectSummaryView]):
    """A page of projects, newest first."""


class FilePage(Page[FileView]):
    """A page of a project's files, by path."""


class TestPage(Page[TestView]):
    """A page of a project's tests, oldest revision first."""


class DeploymentPage(Page[DeploymentView]):
    """A page of a project's packaged revisions, oldest first."""


class EventPage(Page[TimelineEvent]):
    """A page of a project's timeline, oldest first."""


class TemplatePage(Page[TemplateSummary]):
    """A page of templates, by id."""
