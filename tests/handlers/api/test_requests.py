"""What a request writes: all in one transaction, each write on its condition."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api_handler.requests import KEPT_SECONDS, Accepted, Once, Requests
from shared.items import make_metadata_key, make_work_key, put_event, put_pending, to_attributes, to_metadata
from shared.models.base import Model
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import DeployRequested, PlanRequested
from shared.models.project import Project, Revision
from shared.models.records import ChangeRecord, DeploymentRecord, PlanRecord, RequestRecord, Standing, WorkState
from shared.models.workflow import ProjectStatus
from shared.storage.table import Key, Put, Update, Write
from tests.fakes.table import InMemoryTable

AT = datetime(2026, 1, 1, tzinfo=UTC)
WISHES = "A library that greets people."


class Recording(InMemoryTable):
    """A table that keeps its last transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.written: Sequence[Write] = ()

    def write(self, *writes: Write) -> None:
        self.written = writes
        super().write(*writes)


@pytest.fixture
def table() -> Recording:
    return Recording()


def requests(table: Recording, at: datetime = AT) -> Requests:
    numbers = iter(range(1, 100))
    return Requests(table, clock=lambda: at, identifiers=lambda: f"{len(table.items) * 100 + next(numbers):026d}")


def begin(table: Recording, **changes: Any) -> Project:
    """Create a project, and bring it into a state."""
    project = requests(table).create("demo", WISHES, "c").project
    work = make_work_key(PlanRequested(project_id=project.id, correlation_id="c", revision=project.revision))
    table.write(Update(work, set={"state": WorkState.DONE}))
    state = {"status": ProjectStatus.COMPLETED, **changes}
    table.write(Update(make_metadata_key(project.id), set=state, add={"version": 1}))
    after = project.model_copy(update={**state, "version": 2})
    return Project.model_validate(after.model_dump())


def event(project: Project, at: datetime, kind: EventType, detail: str, event_id: object) -> Put:
    told = TimelineEvent(
        id=str(event_id), type=kind, at=at, agent="api", work="METADATA", attempt=0, status=project.status,
        detail=detail,
    )  # fmt: skip
    return put_event(project.id, told)


def event_id(writes: Sequence[Write]) -> object:
    """The id of the event among some writes."""
    (found,) = [each.attributes["id"] for each in writes if isinstance(each, Put) and each.key.sk.startswith("EVENT#")]
    return found


def test_a_project_is_created_with_its_plan_an_event_and_the_answer(table: Recording) -> None:
    once = Once.of("k", "create")
    assert once is not None
    accepted = requests(table).create("demo", WISHES, "c", template="todo", once=once)
    project = accepted.project
    message = PlanRequested(project_id=project.id, correlation_id="c", revision=Revision(build=1))
    key = Key(f"REQUEST#{once.key}", "METADATA")
    record = RequestRecord(
        content=once.content, project=project, messages=(message,),
        expires_at=int((AT + timedelta(hours=24)).timestamp()),
    )  # fmt: skip
    assert accepted == Accepted(project, (message,))
    assert (project.template, project.idempotency, project.version) == ("todo", key.pk, 1)
    assert (project.created_at, project.updated_at) == (AT, AT)
    assert table.written == (
        Put(make_metadata_key(project.id), to_metadata(project), absent=True),
        put_pending(message, PlanRecord),
        event(project, AT, EventType.PROJECT_CREATED, "", event_id(table.written)),
        Put(key, to_attributes(record), absent=True),
    )
    assert KEPT_SECONDS == 86_400


def test_without_a_key_no_answer_is_kept(table: Recording) -> None:
    project = requests(table).create("demo", WISHES, "c").project
    assert project.idempotency is None
    assert [type(write) for write in table.written] == [Put, Put, Put]


def over(before: Project, **changed: object) -> Update:
    """The write of the next version of a project."""
    later = {"updated_at": "2026-01-02T00:00:00Z"}
    return Update(
        make_metadata_key(before.id), set={**changed, **later}, add={"version": 1}, among={"version": [before.version]}
    )


LATER = AT + timedelta(days=1)


def test_a_change_is_recorded_with_what_was_there_before(table: Recording) -> None:
    project = begin(table, score=90.0, failed_build=3)
    accepted = requests(table, LATER).modify(project.id, "Greet in French.", "d")
    revision = Revision(build=4)
    message = PlanRequested(project_id=project.id, correlation_id="d", revision=revision)
    before = Standing(status=ProjectStatus.COMPLETED, revision=Revision(build=1), score=90.0)
    change = ChangeRecord(
        build=4, requirements="Greet in French.", correlation_id="d", requested_at=LATER, before=before
    )
    assert accepted.messages == (message,)
    assert (accepted.project.version, accepted.project.updated_at) == (3, LATER)
    assert table.written == (
        over(project, status="PLANNING", revision={"build": 4, "round": 0}),
        Put(Key(f"PROJECT#{project.id}", "MOD#4"), to_attributes(change), absent=True),
        put_pending(message, PlanRecord),
        event(accepted.project, LATER, EventType.CHANGE_REQUESTED, "build 4", event_id(table.written)),
    )


@pytest.mark.parametrize(("unproven", "detail"), [(False, "revision 1.0"), (True, "revision 1.0, unproven")])
def test_a_deployment_is_requested_and_then_again(table: Recording, unproven: bool, detail: str) -> None:
    project = begin(table)
    accepted = requests(table, LATER).deploy(project.id, "d", unproven=unproven)
    message = DeployRequested(project_id=project.id, correlation_id="d", revision=Revision(build=1))
    told = event(accepted.project, LATER, EventType.DEPLOYMENT_REQUESTED, detail, event_id(table.written))
    assert table.written == (
        over(project, status="DEPLOYING"),
        put_pending(message, DeploymentRecord, unproven=unproven),
        told,
    )
    table.write(Update(make_metadata_key(project.id), set={"status": ProjectStatus.COMPLETED}, add={"version": 1}))
    requests(table, LATER + timedelta(days=1)).deploy(project.id, "d", unproven=unproven)
    again = {"state": WorkState.PENDING, "failure": None, "unproven": unproven}
    assert Update(make_work_key(message), set=again) in table.written


def test_a_request_is_known_by_its_key_and_by_all_that_it_asks() -> None:
    class Body(Model):
        name: str

    keys = [Once.of("k", "create", Body(name=name)) for name in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]
    assert Once.of("k", "modify", Body(name="a")) != keys[0]
    assert Once.of("l", "create") != Once.of("k", "create")
    assert Once.of(None, "create") is None
    assert Once.of("", "create") is not None
