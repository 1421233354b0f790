"""Finds a project's unfinished work that has begun or could begin, for which a retry sends messages."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from shared.items import read_work
from shared.models import layout
from shared.models.messages import AnyMessage, DeployRequested, PlanRequested, TaskReady, TestRequested
from shared.models.project import Project
from shared.models.records import Work, WorkState
from shared.models.workflow import ProjectStatus
from shared.storage.table import LAST, Key, Table, Update

_STATUS: Final[Mapping[type, ProjectStatus]] = {
    PlanRequested: ProjectStatus.PLANNING,
    TaskReady: ProjectStatus.DEVELOPING,
    TestRequested: ProjectStatus.TESTING,
    DeployRequested: ProjectStatus.DEPLOYING,
}


class Stalled(NamedTuple):
    """The messages that a retry of a project sends, and its writes."""

    messages: tuple[AnyMessage, ...]
    """One for each piece of work that was requested and has not ended."""
    reopenings: tuple[Update, ...]
    """The writes that reset failed work to pending."""
    status: ProjectStatus
    """The project's status during this work."""

    @classmethod
    def of(cls, table: Table, project: Project, correlation_id: str) -> "Stalled":
        """Return the stalled work of a project's current build."""
        works = [work for work in _list_works(table, project.id) if work.revision.build == project.revision.build]
        due = _find_due(project, works, correlation_id)
        open_works = [work for work in works if work.state is not WorkState.DONE and work.work in due]
        failed = [work for work in open_works if work.state is WorkState.FAILED]
        step = next((due[work.work] for work in (*failed, *open_works)), None)
        return cls(
            messages=tuple(due[work.work] for work in open_works),
            reopenings=tuple(_reopen_work(project.id, work) for work in failed),
            status=_STATUS[type(step)] if step else project.status,
        )


def _list_works(table: Table, project_id: str) -> Iterable[Work]:
    for kind in layout.WORK:
        for item in table.query(layout.project(project_id), first=kind, last=kind + LAST):
            yield read_work(item.attributes)


def _find_due(project: Project, works: Iterable[Work], correlation_id: str) -> dict[str, AnyMessage]:
    """Return the message of each piece of work that is due, because a person or finished work requested it."""
    build = project.revision.model_copy(update={"round": 0})
    by_people: list[AnyMessage] = [
        PlanRequested(project_id=project.id, correlation_id=correlation_id, revision=build),
        DeployRequested(project_id=project.id, correlation_id=correlation_id, revision=project.revision),
    ]
    emitted = [message for work in works if work.state is WorkState.DONE for message in work.outbox]
    return {message.work: message for message in (*by_people, *emitted)}


def _reopen_work(project_id: str, work: Work) -> Update:
    return Update(
        Key(layout.project(project_id), work.work),
        set={"state": WorkState.PENDING, "failure": None},
        among={"state": [WorkState.FAILED]},
    )
