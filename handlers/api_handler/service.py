"""The use cases that only read."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from api_handler import listings
from api_handler.archives import Archives
from api_handler.health import HealthChecks
from api_handler.problems import Problem, ProblemKind, not_found
from shared.deletion import Deletion
from shared.language_model.port import Remaining
from shared.models.answers import HealthReport
from shared.models.plan import Plan
from shared.models.project import Project, StoredObject
from shared.models.records import DeploymentRecord, TestRecord
from shared.models.template import Template
from shared.models.views import (
    ArchiveView,
    DeploymentPage,
    DeploymentView,
    EventPage,
    FilePage,
    FileView,
    ProjectPage,
    ProjectSummaryView,
    TemplatePage,
    TestPage,
    TestView,
)
from shared.models.workflow import ProjectStatus
from shared.projects import Projects
from shared.storage.objects import Objects, read_named
from shared.templates import Templates

LINK_SECONDS: Final = 900
"""How long a link to an object is valid."""


@dataclass(frozen=True)
class Service:
    """Reads projects and the agents' results.

    A list is read before checking that its project exists. A deletion removes the project first and its parts after
    that, so if the project still exists, the list was complete; in the other order, a list could be of a project that
    is partly deleted.
    """

    projects: Projects
    objects: Objects
    archives: Archives
    deletion: Deletion
    templates: Templates
    health: HealthChecks

    def list_projects(self, limit: int, status: ProjectStatus | None, cursor: str | None) -> ProjectPage:
        """Return one page of projects, newest first."""
        listing = listings.projects(status)
        summaries = self.projects.list_summaries(status=status, after=listing.after(cursor), limit=limit + 1)
        page, next_cursor = listing.page(summaries, limit)
        return ProjectPage(items=[ProjectSummaryView.of(project) for project in page], next=next_cursor)

    def get_project(self, project_id: str) -> Project:
        """Return one project. Raises `Problem` if it does not exist."""
        project = self.projects.get(project_id)
        if project is None:
            raise not_found("project")
        return project

    def get_plan(self, project_id: str) -> Plan:
        """Return the plan of the project's current build."""
        project = self.get_project(project_id)
        record = self.projects.get_plan(project.id, project.revision.build)
        if record is None or record.plan is None:
            raise Problem(ProblemKind.NOT_FOUND, "The project has no plan yet.")
        return Plan.model_validate_json(read_named(self.objects, record.plan))

    def list_files(self, project_id: str, limit: int, cursor: str | None) -> FilePage:
        """Return one page of the project's files, by path."""
        listing = listings.files(project_id)
        records = self.projects.list_files(project_id, after=listing.after(cursor), limit=limit + 1)
        self.get_project(project_id)
        page, next_cursor = listing.page(records, limit)
        return FilePage(items=[FileView.of(file) for file in page], next=next_cursor)

    def read_file(self, project_id: str, path: str) -> bytes:
        """Return one file's content."""
        project = self.get_project(project_id)
        # API Gateway passes some characters of a path as they were sent, percent-encoded.
        for candidate in dict.fromkeys((path, unquote(path))):
            record = self.projects.get_file(project.id, candidate) if listings.is_path(candidate) else None
            if record:
                return read_named(self.objects, record.object)
        raise not_found("file")

    def get_archive(self, project_id: str, remaining: Remaining) -> ArchiveView:
        """Return all files as one zip."""
        project = self.get_project(project_id)
        files = self.projects.list_files(project.id)
        if not files:
            raise Problem(ProblemKind.NOT_FOUND, "The project has no files yet.")
        archive = self.archives.find_or_build(project.id, files)
        if archive is None:
            self.deletion.sweep(project_id, remaining)
            raise not_found("project")
        return ArchiveView.of(archive, len(files), self.objects.link(archive.object, LINK_SECONDS))

    def list_tests(self, project_id: str, limit: int, cursor: str | None) -> TestPage:
        """Return one page of the project's tests, oldest first."""
        listing = listings.tests(project_id)
        records = listing.rest(self.projects.list_tests(project_id), cursor)
        self.get_project(project_id)
        page, next_cursor = listing.page(records, limit)
        return TestPage(items=[self._view_test(record) for record in page], next=next_cursor)

    def list_deployments(self, project_id: str, limit: int, cursor: str | None) -> DeploymentPage:
        """Return one page of the packaged revisions, oldest first."""
        listing = listings.deployments(project_id)
        records = listing.rest(self.projects.list_deployments(project_id), cursor)
        self.get_project(project_id)
        page, next_cursor = listing.page(records, limit)
        return DeploymentPage(items=[self._view_deployment(record) for record in page], next=next_cursor)

    def list_events(self, project_id: str, limit: int, cursor: str | None) -> EventPage:
        """Return one page of the timeline, oldest first."""
        listing = listings.events(project_id)
        events = self.projects.list_events(project_id, after=listing.after(cursor), limit=limit + 1)
        self.get_project(project_id)
        page, next_cursor = listing.page(events, limit)
        return EventPage(items=page, next=next_cursor)

    def list_templates(self, limit: int, cursor: str | None) -> TemplatePage:
        """Return one page of the templates, by id."""
        listing = listings.templates()
        page, next_cursor = listing.page(listing.rest(self.templates.list_summaries(), cursor), limit)
        return TemplatePage(items=page, next=next_cursor)

    def get_template(self, template_id: str) -> Template:
        """Return one template."""
        template = self.templates.get(template_id)
        if template is None:
            raise not_found("template")
        return template

    def check_health(self) -> HealthReport:
        """Return the results of the health checks. Raises `Problem` if a dependency does not answer."""
        checks = self.health.report()
        failing = [check.name for check in checks if not check.ok]
        if failing:
            detail = f"No answer from {', '.join(failing)}; look at the API's log."
            raise Problem(ProblemKind.UNHEALTHY, detail, checks=[check.model_dump() for check in checks])
        return HealthReport(checks=checks)

    def _view_test(self, record: TestRecord) -> TestView:
        return TestView.of(record, self._make_link(record.report), self._make_link(record.page))

    def _view_deployment(self, record: DeploymentRecord) -> DeploymentView:
        return DeploymentView.of(
            record,
            self._make_link(record.package),
            self._make_link(record.template),
            self._make_link(record.instructions),
        )

    def _make_link(self, stored: StoredObject | None) -> str | None:
        return self.objects.link(stored, LINK_SECONDS) if stored else None
