"""Records as items: each attribute under its name, each key as the layout spells it, each write with its condition."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared import items
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import TaskReady
from shared.models.project import Project, ProjectSummary, Revision, StoredObject, TokenUsage
from shared.models.records import FileRecord, PlanRecord, TaskRecord, Work, WorkState
from shared.models.template import Template
from shared.models.workflow import ProjectStatus
from shared.storage.table import Key, Put, Remove, Update
from shared.templates import Templates, put_template
from tests.fakes.table import InMemoryTable

ID = "0" * 26
AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
REVISION = Revision(build=2, round=1)
MESSAGE = TaskReady(project_id=ID, correlation_id="c", revision=REVISION, task_id="a")
PROJECT = Project(
    id=ID,
    name="n",
    status=ProjectStatus.PLANNING,
    revision=REVISION,
    created_at=AT,
    updated_at=AT,
    version=3,
    requirements="r",
    tokens=TokenUsage(calls=1, prompt_tokens=2, output_tokens=3),
)
STORED = {
    "id": ID, "name": "n", "status": "PLANNING", "revision": {"build": 2, "round": 1}, "version": 3,
    "created_at": "2026-01-02T03:04:05.678000Z", "updated_at": "2026-01-02T03:04:05.678000Z", "score": None,
    "failure": None, "requirements": "r", "template": None, "package": None, "failed_build": 0, "retries": 0,
    "idempotency": None, "model_calls": 1, "prompt_tokens": 2, "output_tokens": 3, "GSI1PK": "PROJECT", "GSI1SK": ID,
}  # fmt: skip
FILE = FileRecord(
    path="a/b.py", language="python", revision=REVISION, object=StoredObject(key="k", size=1, sha256="0" * 64)
)


def test_keys_are_those_of_the_layout() -> None:
    assert items.make_metadata_key(ID) == Key(f"PROJECT#{ID}", "METADATA")
    assert items.make_work_key(MESSAGE) == Key(f"PROJECT#{ID}", "TASK#2.1#a")


@pytest.mark.parametrize(
    ("at", "stored"),
    [
        (AT, "2026-01-02T03:04:05.678000Z"),
        (AT.replace(microsecond=0), "2026-01-02T03:04:05Z"),
        (AT.astimezone(timezone(timedelta(hours=1))), "2026-01-02T04:04:05.678000+01:00"),
    ],
)
def test_a_time_is_stored_in_iso_8601(at: datetime, stored: str) -> None:
    assert items.format_time(at) == stored


def test_a_project_is_stored_with_its_counters_as_attributes_and_comes_back() -> None:
    assert items.to_metadata(PROJECT) == STORED
    assert items.read_project(STORED) == PROJECT
    summary = ProjectSummary.model_validate(PROJECT.model_dump(include=set(ProjectSummary.model_fields)))
    assert items.read_summary(STORED) == summary
    uncounted = {name: value for name, value in STORED.items() if not name.endswith(("_calls", "_tokens"))}
    assert items.read_project(uncounted).tokens == TokenUsage()


def test_only_counters_that_changed_are_added_to() -> None:
    assert items.count_up({"calls": 1, "prompt_tokens": 2, "output_tokens": 3}) == {
        "model_calls": 1, "prompt_tokens": 2, "output_tokens": 3,
    }  # fmt: skip
    assert items.count_up({"calls": 1, "prompt_tokens": 0, "output_tokens": 0}) == {"model_calls": 1}


def test_of_an_item_of_work_the_common_part_is_read() -> None:
    work = Work(work="TASK#2.1#a", revision=REVISION, state=WorkState.RUNNING, attempts=2)
    assert items.read_work({**items.to_attributes(work), "task_id": "a", "title": "t"}) == work


def test_an_event_is_written_once() -> None:
    event = TimelineEvent(
        id="e", type=EventType.WORK_DONE, at=AT, agent="pm", work="PLAN#1", attempt=1, status=ProjectStatus.PLANNING
    )
    assert items.put_event(ID, event) == Put(
        Key(f"PROJECT#{ID}", "EVENT#e"),
        {
            "id": "e", "type": "work done", "at": "2026-01-02T03:04:05.678000Z", "agent": "pm", "work": "PLAN#1",
            "attempt": 1, "status": "PLANNING", "duration_ms": None, "detail": "",
            "tokens": {"calls": 0, "prompt_tokens": 0, "output_tokens": 0},
        },
        absent=True,
    )  # fmt: skip


PENDING = {
    "work": "TASK#2.1#a", "revision": {"build": 2, "round": 1}, "state": "PENDING", "attempts": 0, "outbox": [],
    "started_at": None, "finished_at": None, "failure": None,
}  # fmt: skip


def test_work_becomes_known_once_with_what_its_kind_adds() -> None:
    key = Key(f"PROJECT#{ID}", "TASK#2.1#a")
    assert items.put_pending(MESSAGE) == Put(key, PENDING, absent=True)
    task = items.put_pending(MESSAGE, TaskRecord, task_id="a", title="t")
    assert task == Put(key, {**PENDING, "task_id": "a", "title": "t", "files": []}, absent=True)


def test_what_a_record_emits_is_stored_under_the_names_of_the_wire() -> None:
    stored = items.to_attributes(Work(work="w", revision=REVISION, outbox=(MESSAGE,)))
    assert stored["outbox"] == [MESSAGE.model_dump(mode="json", by_alias=True)]
    assert items.read_work(stored).outbox == (MESSAGE,)


def test_a_file_is_written_over_an_earlier_one_and_taken_out() -> None:
    key = Key(f"PROJECT#{ID}", "FILE#a/b.py")
    assert items.put_file(ID, FILE) == Put(
        key,
        {
            "path": "a/b.py", "language": "python", "revision": {"build": 2, "round": 1},
            "object": {"key": "k", "size": 1, "sha256": "0" * 64},
        },
    )  # fmt: skip
    assert items.remove_file(ID, "a/b.py") == Remove(key)


def test_a_task_that_is_done_counts_if_no_other_came_before() -> None:
    plan = PlanRecord(work="PLAN#2", revision=REVISION, done=("c", "b"), progress=2)
    assert items.count_task_done(ID, plan, "a") == Update(
        Key(f"PROJECT#{ID}", "PLAN#2"),
        set={"done": ["a", "b", "c"]},
        add={"progress": 1},
        among={"progress": [2]},
    )
    again = items.count_task_done(ID, plan, "b")
    assert again.set == {"done": ["b", "c"]}


def test_templates_are_stored_in_the_listing_and_come_back_by_id() -> None:
    table = InMemoryTable()
    made = [Template(id=name, name=name.upper(), description="d", requirements="r") for name in ("b", "a")]
    table.write(*map(put_template, made))
    assert put_template(made[0]) == Put(
        Key("TEMPLATE#b", "METADATA"),
        {"id": "b", "name": "B", "description": "d", "requirements": "r", "GSI1PK": "TEMPLATE", "GSI1SK": "b"},
    )
    templates = Templates(table)
    assert [(one.id, one.name, one.description) for one in templates.list_summaries()] == [
        ("a", "A", "d"),
        ("b", "B", "d"),
    ]
    assert (templates.get("a"), templates.get("c")) == (made[1], None)
