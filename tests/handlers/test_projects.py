"""Reading projects: records that the table sorts as text are returned in numerical order."""

from datetime import UTC, datetime

from shared.items import make_metadata_key, put_event, put_file, put_pending, to_attributes, to_metadata
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import DeployRequested, PlanRequested, TaskReady, TestRequested
from shared.models.project import Project, Revision, StoredObject
from shared.models.records import ChangeRecord, DeploymentRecord, FileRecord, PlanRecord, TaskRecord, TestRecord, Work
from shared.models.workflow import ProjectStatus
from shared.projects import Projects
from shared.storage.table import Key, Put
from tests.fakes.table import InMemoryTable

PROJECT_ID = "0" * 26
UNSORTED = [Revision(build=10, round=1), Revision(build=2), Revision(build=10), Revision(build=1)]
SORTED = ["1.0", "2.0", "10.0", "10.1"]


def test_tests_come_in_the_order_of_their_builds_and_rounds() -> None:
    table = InMemoryTable()
    for revision in UNSORTED:
        message = TestRequested(project_id=PROJECT_ID, correlation_id="request-1", revision=revision)
        table.write(put_pending(message, TestRecord))
    assert [str(test.revision) for test in Projects(table).list_tests(PROJECT_ID)] == SORTED


def test_deployments_come_in_the_order_of_their_builds_and_rounds() -> None:
    table = InMemoryTable()
    for revision in UNSORTED:
        message = DeployRequested(project_id=PROJECT_ID, correlation_id="request-1", revision=revision)
        table.write(put_pending(message, DeploymentRecord))
    assert [str(deployment.revision) for deployment in Projects(table).list_deployments(PROJECT_ID)] == SORTED


AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = Revision(build=1)


def made(number: int, status: ProjectStatus) -> Project:
    return Project(
        id=f"{number:026d}",
        name=f"p{number}",
        status=status,
        revision=FIRST,
        created_at=AT,
        updated_at=AT,
        version=1,
        requirements="r",
    )


def test_projects_are_listed_newest_first_by_status_and_in_parts() -> None:
    table = InMemoryTable()
    planning, failed = ProjectStatus.PLANNING, ProjectStatus.FAILED
    for number, status in enumerate((planning, failed, planning, planning)):
        project = made(number, status)
        table.write(Put(make_metadata_key(project.id), to_metadata(project)))
    projects = Projects(table)

    def names(**options: object) -> list[str]:
        return [project.name for project in projects.list_summaries(**options)]  # type: ignore[arg-type]

    assert names() == ["p3", "p2", "p1", "p0"]
    assert names(status=planning) == ["p3", "p2", "p0"]
    assert names(status=planning, after=f"{3:026d}", limit=1) == ["p2"]
    assert names(after=f"{2:026d}") == ["p1", "p0"]
    assert names(limit=2) == ["p3", "p2"]
    assert projects.get(f"{1:026d}") == made(1, failed)
    assert projects.get(f"{9:026d}") is None


def test_each_record_is_found_under_its_own_key() -> None:
    table = InMemoryTable()
    projects = Projects(table)
    head = {"project_id": PROJECT_ID, "correlation_id": "c"}
    plan = PlanRequested.model_validate(head | {"revision": FIRST})
    task = TaskReady.model_validate(head | {"revision": FIRST, "task_id": "a"})
    other = TaskReady.model_validate(head | {"revision": Revision(build=1, round=1), "task_id": "repair"})
    deploy = DeployRequested.model_validate(head | {"revision": FIRST})
    change = ChangeRecord(build=2, requirements="r", correlation_id="c", requested_at=AT)
    nothing = (
        projects.get_work(PROJECT_ID, "PLAN#1"),
        projects.get_plan(PROJECT_ID, 1),
        projects.get_change(PROJECT_ID, 2),
        projects.get_file(PROJECT_ID, "a"),
        projects.get_deployment(PROJECT_ID, FIRST),
    )
    assert nothing == (None,) * 5
    table.write(
        put_pending(plan, PlanRecord),
        put_pending(task, TaskRecord, task_id="a", title="t"),
        put_pending(other, TaskRecord, task_id="repair", title="t"),
        put_pending(deploy, DeploymentRecord),
        Put(Key(f"PROJECT#{PROJECT_ID}", "MOD#2"), to_attributes(change)),
    )
    assert projects.get_work(PROJECT_ID, "PLAN#1") == Work(work="PLAN#1", revision=FIRST)
    assert projects.get_plan(PROJECT_ID, 1) == PlanRecord(work="PLAN#1", revision=FIRST)
    assert projects.get_change(PROJECT_ID, 2) == change
    assert projects.list_tasks(PROJECT_ID, FIRST) == [
        TaskRecord(work="TASK#1.0#a", revision=FIRST, task_id="a", title="t")
    ]
    assert projects.get_deployment(PROJECT_ID, FIRST) == DeploymentRecord(work="DEPLOY#1.0", revision=FIRST)


def test_files_and_events_are_read_in_parts_in_their_order() -> None:
    table = InMemoryTable()
    named = StoredObject(key="k", size=1, sha256="0" * 64)
    for name in ("b", "a", "c"):
        file = FileRecord(path=name, language="text", revision=FIRST, object=named)
        event = TimelineEvent(
            id=name,
            type=EventType.WORK_DONE,
            at=AT,
            agent="pm",
            work="w",
            attempt=1,
            status=ProjectStatus.PLANNING,
        )
        table.write(put_file(PROJECT_ID, file), put_event(PROJECT_ID, event))
    projects = Projects(table)
    assert [file.path for file in projects.list_files(PROJECT_ID)] == ["a", "b", "c"]
    assert [file.path for file in projects.list_files(PROJECT_ID, after="a", limit=1)] == ["b"]
    assert [file.path for file in projects.list_files(PROJECT_ID, after="")] == ["a", "b", "c"]
    assert [event.id for event in projects.list_events(PROJECT_ID)] == ["a", "b", "c"]
    assert [event.id for event in projects.list_events(PROJECT_ID, after="a", limit=1)] == ["b"]
    found = projects.get_file(PROJECT_ID, "b")
    assert found is not None
    assert found.path == "b"
