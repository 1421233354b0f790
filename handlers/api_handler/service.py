"""What the API tells: the use cases that change nothing."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from api_handler import cursors
from api_handler.health import Health
from api_handler.problems import Kind, Problem, not_found
from shared.archives import Archives
from shared.deletion import Deletion
from shared.language_model.port import Remaining
from shared.models.answers import HealthReport
from shared.models.events import TimelineEvent
from shared.models.plan import Plan
from shared.models.project import Project, StoredObject
from shared.models.template import Template
from shared.models.views import (
    ArchiveView,
    DeploymentView,
    FileView,
    ProjectPage,
    ProjectSummaryView,
    TestView,
)
from shared.models.workflow import ProjectStatus
from shared.paths import UnsafePath, safe_path
from shared.projects import Projects
from shared.storage.objects import Objects, read_named
from shared.templates import Templates

LINK_SECONDS: Final = 900
"""How long an address of an object holds."""


@dataclass(frozen=True)
class Service:
    """Reads projects and what the agents made of them."""

    projects: Projects
    objects: Objects
    archives: Archives
    deletion: Deletion
    templates: Templates
    health: Health

    def listed(self, limit: int, status: ProjectStatus | None, cursor: str | None) -> ProjectPage:
        """One page of projects, newest first."""
        filtered = status.value if status else None
        projects, end = self.projects.listed(limit, status=status, after=cursors.decode(cursor, filtered))
        return ProjectPage(items=[ProjectSummaryView.of(p) for p in projects], next=cursors.encode(end, filtered))

    def project(self, project_id: str) -> Project:
        """One project; raises `Problem` if there is none of that id."""
        project = self.projects.get(project_id)
        if project is None:
            raise not_found("project")
        return project

    def plan(self, project_id: str) -> Plan:
        """The plan of the project's current build."""
        project = self.project(project_id)
        record = self.projects.plan(project.id, project.revision.build)
        if record is None or record.plan is None:
            raise not_found("plan yet")
        return Plan.model_validate_json(read_named(self.objects, record.plan))

    def files(self, project_id: str) -> list[FileView]:
        """The project's files."""
        return [FileView.of(file) for file in self.projects.files(self.project(project_id).id)]

    def file(self, project_id: str, path: str) -> bytes:
        """One file's content."""
        project = self.project(project_id)
        # API Gateway hands some characters of a path on as they were sent, encoded.
        for candidate in dict.fromkeys((path, unquote(path))):
            record = self.projects.file(project.id, candidate) if _is_safe(candidate) else None
            if record:
                return read_named(self.objects, record.object)
        raise not_found("file")

    def archive(self, project_id: str, remaining: Remaining) -> ArchiveView:
        """All files as one zip."""
        project = self.project(project_id)
        files = self.projects.files(project.id)
        if not files:
            raise not_found("file yet")
        archive = self.archives.of(project.id, files)
        if archive is None:
            self.deletion.sweep(project_id, remaining)
            raise not_found("project")
        return ArchiveView.of(archive, len(files), self.objects.link(archive.object, LINK_SECONDS))

    def tests(self, project_id: str) -> list[TestView]:
        """Every test of the project, oldest first."""
        records = self.projects.tests(self.project(project_id).id)
        return [TestView.of(record, self._link(record.report), self._link(record.page)) for record in records]

    def deployments(self, project_id: str) -> list[DeploymentView]:
        """Every packaged revision, oldest first."""
        return [
            DeploymentView.of(
                record, self._link(record.package), self._link(record.template), self._link(record.instructions)
            )
            for record in self.projects.deployments(self.project(project_id).id)
        ]

    def events(self, project_id: str) -> list[TimelineEvent]:
        """The timeline, oldest first."""
        return self.projects.events(self.project(project_id).id)

    def template(self, template_id: str) -> Template:
        """One template."""
        template = self.templates.get(template_id)
        if template is None:
            raise not_found("template")
        return template

    def health_report(self) -> HealthReport:
        """What the API reaches; raises `Problem` where something does not answer."""
        checks = self.health.report()
        failing = [check.name for check in checks if not check.ok]
        if failing:
            detail = f"No answer from {', '.join(failing)}; look at the API's log."
            raise Problem(Kind.UNHEALTHY, detail, checks=[check.model_dump() for check in checks])
        return HealthReport(checks=checks)

    def _link(self, stored: StoredObject | None) -> str | None:
        return self.objects.link(stored, LINK_SECONDS) if stored else None


def _is_safe(path: str) -> bool:
    try:
        return bool(safe_path(path))
    except UnsafePath:
        return False
