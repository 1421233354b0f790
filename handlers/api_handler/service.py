"""What the API does: the use cases behind the routes."""

from dataclasses import dataclass
from typing import Final

from api_handler import cursors
from api_handler.problems import NotFound
from shared.models.events import TimelineEvent
from shared.models.plan import Plan
from shared.models.project import Project, StoredObject
from shared.models.views import DeploymentView, FileView, NewProject, ProjectPage, ProjectView, TestView
from shared.projects import Projects
from shared.queues import Outgoing
from shared.storage.objects import Objects, read_named

LINK_SECONDS: Final = 900
"""How long an address of an object holds."""


@dataclass(frozen=True)
class Service:
    """The API's use cases."""

    projects: Projects
    objects: Objects
    outgoing: Outgoing

    def create(self, new: NewProject, correlation_id: str) -> ProjectView:
        """Accept requirements and start the agents on them."""
        project, message = self.projects.create(new.name, new.requirements, correlation_id)
        self.outgoing.send([message])
        return ProjectView.of(project)

    def listed(self, limit: int, cursor: str | None) -> ProjectPage:
        """One page of projects, newest first."""
        projects, after = self.projects.listed(limit, cursors.decode(cursor))
        return ProjectPage(items=[ProjectView.of(project) for project in projects], next=cursors.encode(after))

    def get(self, project_id: str) -> ProjectView:
        """One project."""
        return ProjectView.of(self._project(project_id))

    def plan(self, project_id: str) -> Plan:
        """The plan of the project's current build."""
        project = self._project(project_id)
        record = self.projects.plan(project.id, project.revision.build)
        if record is None or record.plan is None:
            raise NotFound("plan yet")
        return Plan.model_validate_json(read_named(self.objects, record.plan))

    def files(self, project_id: str) -> list[FileView]:
        """The project's files."""
        return [FileView.of(file) for file in self.projects.files(self._project(project_id).id)]

    def file(self, project_id: str, path: str) -> bytes:
        """One file's content."""
        record = self.projects.file(project_id, path)
        if record is None:
            raise NotFound("file")
        return read_named(self.objects, record.object)

    def tests(self, project_id: str) -> list[TestView]:
        """Every test of the project, oldest first."""
        records = self.projects.tests(self._project(project_id).id)
        return [TestView.of(record, self._link(record.report), self._link(record.page)) for record in records]

    def deployments(self, project_id: str) -> list[DeploymentView]:
        """Every packaged revision, oldest first."""
        return [
            DeploymentView.of(
                record, self._link(record.package), self._link(record.template), self._link(record.instructions)
            )
            for record in self.projects.deployments(self._project(project_id).id)
        ]

    def events(self, project_id: str) -> list[TimelineEvent]:
        """The timeline, oldest first; every project has one, so an empty one is no project's."""
        events = self.projects.events(project_id)
        if not events:
            raise NotFound("project")
        return events

    def _project(self, project_id: str) -> Project:
        project = self.projects.get(project_id)
        if project is None:
            raise NotFound("project")
        return project

    def _link(self, stored: StoredObject | None) -> str | None:
        return self.objects.link(stored, LINK_SECONDS) if stored else None
