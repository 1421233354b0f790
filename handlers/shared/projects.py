"""Reads projects from the table, with their work, files and timelines."""

from typing import TypeVar

from shared.items import make_metadata_key, read_project, read_summary, read_work
from shared.models import layout
from shared.models.base import Model
from shared.models.events import TimelineEvent
from shared.models.project import Project, ProjectSummary, Revision
from shared.models.records import ChangeRecord, DeploymentRecord, FileRecord, PlanRecord, TaskRecord, TestRecord, Work
from shared.models.workflow import ProjectStatus
from shared.storage.table import LAST, Index, Key, Position, Table

R = TypeVar("R", bound=Model)


class Projects:
    """The projects of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, project_id: str) -> Project | None:
        """Return one project; None if it does not exist."""
        stored = self._table.get(make_metadata_key(project_id))
        return read_project(stored) if stored else None

    def list_summaries(
        self, *, status: ProjectStatus | None = None, after: str | None = None, limit: int | None = None
    ) -> list[ProjectSummary]:
        """Return at most `limit` projects after the one with an id, newest first: all, or those with a status."""
        index, value = (Index.STATUS, status.value) if status else (Index.ALL, layout.Listing.PROJECTS)
        position = Position(make_metadata_key(after), after) if after else None
        return [
            read_summary(item.attributes) for item in self._table.query_index(index, value, after=position, limit=limit)
        ]

    def get_work(self, project_id: str, work: str) -> Work | None:
        """Return the state of one piece of work."""
        stored = self._table.get(Key(layout.project(project_id), work))
        return read_work(stored) if stored else None

    def get_plan(self, project_id: str, build: int) -> PlanRecord | None:
        """Return the plan record of a build."""
        return self._get_record(project_id, layout.plan(build), PlanRecord)

    def get_change(self, project_id: str, build: int) -> ChangeRecord | None:
        """Return the change of a build; None for the first."""
        return self._get_record(project_id, layout.change(build), ChangeRecord)

    def list_tasks(self, project_id: str, revision: Revision) -> list[TaskRecord]:
        """Return the tasks of a revision."""
        return self._list_records(project_id, layout.tasks(revision), TaskRecord)

    def list_files(self, project_id: str, *, after: str | None = None, limit: int | None = None) -> list[FileRecord]:
        """Return at most `limit` of the project's files, by path, after the path `after`."""
        return self._list_records(project_id, layout.ItemKind.FILE, FileRecord, after, limit)

    def get_file(self, project_id: str, path: str) -> FileRecord | None:
        """Return one file."""
        return self._get_record(project_id, layout.file(path), FileRecord)

    def list_tests(self, project_id: str) -> list[TestRecord]:
        """Return all test records, by revision."""
        return sorted(self._list_records(project_id, layout.ItemKind.TEST, TestRecord), key=_get_revision_numbers)

    def get_deployment(self, project_id: str, revision: Revision) -> DeploymentRecord | None:
        """Return the deployment record of a revision."""
        return self._get_record(project_id, layout.deployment(revision), DeploymentRecord)

    def list_deployments(self, project_id: str) -> list[DeploymentRecord]:
        """Return all deployment records, by revision."""
        return sorted(
            self._list_records(project_id, layout.ItemKind.DEPLOYMENT, DeploymentRecord), key=_get_revision_numbers
        )

    def list_events(
        self, project_id: str, *, after: str | None = None, limit: int | None = None
    ) -> list[TimelineEvent]:
        """Return at most `limit` events of the timeline, oldest first, after the event with the id `after`."""
        return self._list_records(project_id, layout.ItemKind.EVENT, TimelineEvent, after, limit)

    def _get_record(self, project_id: str, sort_key: str, kind: type[R]) -> R | None:
        stored = self._table.get(Key(layout.project(project_id), sort_key))
        return kind.model_validate(stored) if stored else None

    def _list_records(
        self, project_id: str, prefix: str, kind: type[R], after: str | None = None, limit: int | None = None
    ) -> list[R]:
        key = prefix + after if after is not None else None
        items = self._table.query(layout.project(project_id), first=prefix, last=prefix + LAST, after=key, limit=limit)
        return [kind.model_validate(item.attributes) for item in items]


def _get_revision_numbers(record: Work) -> tuple[int, int]:
    """Return the revision as numbers: as text, as the table sorts them, build 10 comes before build 2."""
    return record.revision.build, record.revision.round
