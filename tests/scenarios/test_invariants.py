"""Each invariant holds on what a whole run leaves, and says what is wrong where it does not."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from scenarios.invariants import broken
from scenarios.invariants.reading import items_of
from scenarios.invariants.rules import INVARIANTS
from scenarios.invariants.snapshot import BucketKey, Items, QueueDepth, Snapshot, StoredProject, Unreadable
from shared.models.events import EventType
from shared.models.records import WorkState
from shared.models.workflow import ProjectStatus
from tests.fakes import replies
from tests.fakes.analysis import parses
from tests.fakes.factory import Factory

VANISHED, TWICE, DISAGREE, QUEUES, MOVES = INVARIANTS
AGENTS = ("pm", "dev", "qa", "ops")

Alter = Callable[[Items], Items]


@cache
def completed() -> StoredProject:
    """What a project leaves that was completed without any fault."""
    factory = Factory(replies.good, parses)
    project = factory.post("A library that greets people by name, with tests.")
    factory.run()
    return stored(factory, project.id)


def stored(factory: Factory, project_id: str, *, deleted: bool = False) -> StoredProject:
    """A project of a factory as it would be read from AWS."""
    plain = [
        {"PK": key.pk, "SK": key.sk, **item}
        for key, item in factory.table.items.items()
        if key.pk == f"PROJECT#{project_id}"
    ]
    items = items_of(sorted(plain, key=lambda item: str(item["SK"])))
    objects = (in_bucket(key, content) for key, content in factory.objects.contents.items())
    return StoredProject(project_id, deleted, items, tuple(objects))


def in_bucket(key: str, content: bytes) -> BucketKey:
    """A key with one version."""
    return BucketKey(key, len(content), hashlib.sha256(content).hexdigest())


def snapshot(*projects: StoredProject, **more: Any) -> Snapshot:
    """A stack at rest with these projects."""
    return Snapshot(
        **{
            "projects": projects,
            "queues": dict.fromkeys(AGENTS, QueueDepth()),
            "dead_letters": dict.fromkeys(AGENTS, ()),
            **more,
        }
    )


def altered(alter: Alter) -> StoredProject:
    """The completed project with other items."""
    return replace(completed(), items=alter(completed().items))


def metadata(**changes: Any) -> Alter:
    """Other attributes of `METADATA`."""

    def alter(items: Items) -> Items:
        assert items.metadata is not None
        return replace(items, metadata=items.metadata.model_copy(update=changes))

    return alter


def found(given: Snapshot) -> list[tuple[str, str]]:
    """The violations by name, with their evidence."""
    return [(violation.invariant, violation.evidence) for violation in broken(given)]


def only(given: Snapshot) -> tuple[str, str]:
    """The one violation."""
    (one,) = found(given)
    return one


def test_all_hold_where_nothing_went_wrong() -> None:
    assert len(completed().items.sort_keys) > 10
    assert completed().items.unreadable == ()
    assert found(snapshot(completed())) == []


def test_a_violation_reads_as_one_line() -> None:
    (violation,) = broken(snapshot(altered(metadata(status=ProjectStatus.FAILED))))[:1]
    assert str(violation) == f"{VANISHED}: {completed().id}: it is FAILED without a reason"


# --- nothing vanishes


def test_a_project_that_is_gone_has_vanished_unless_its_owner_deleted_it() -> None:
    gone = StoredProject(completed().id, deleted=False, items=Items(sort_keys=("TASK#1.0#a",)), objects=())
    invariant, evidence = only(snapshot(gone))
    assert invariant == VANISHED
    assert "no METADATA item" in evidence
    assert "TASK#1.0#a" in evidence
    assert found(snapshot(StoredProject(completed().id, deleted=True, items=Items(), objects=()))) == []


def stuck() -> StoredProject:
    """A project whose library is being written, and whose message is nowhere."""
    factory = Factory(replies.good, parses)
    project = factory.post("A library that greets people by name, with tests.")
    (message,) = factory.sent.take()
    factory.deliver(message)
    return stored(factory, project.id)


def test_a_project_that_stands_still_has_vanished_unless_a_dead_letter_names_it() -> None:
    invariant, evidence = only(snapshot(stuck()))
    assert invariant == VANISHED
    assert "DEVELOPING" in evidence
    assert "TASK#1.0#code PENDING" in evidence
    letters = {"dev": (json.dumps({"project_id": stuck().id}),)}
    assert found(snapshot(stuck(), dead_letters=letters)) == []
    assert only(snapshot(stuck(), dead_letters={"dev": ('{"project_id": "another"}',)}))[0] == VANISHED


def test_a_project_that_waits_for_the_quota_needs_its_parked_message() -> None:
    waiting = replace(stuck(), items=metadata_of(stuck(), status=ProjectStatus.WAITING_FOR_QUOTA))
    assert only(snapshot(waiting))[0] == VANISHED
    assert found(snapshot(waiting, queues={"dev": QueueDepth(delayed=1)})) == []
    assert found(snapshot(waiting, queues={"dev": QueueDepth(visible=1)})) == []


def metadata_of(project: StoredProject, **changes: Any) -> Items:
    return metadata(**changes)(project.items)


# --- nothing happens twice


def test_a_project_that_nobody_asked_for() -> None:
    assert only(snapshot(completed(), unasked=("another",))) == (
        TWICE,
        "no request was answered with it: one request made several projects",
    )


def doubled_end(items: Items) -> Items:
    """The first task done once more, by another attempt."""
    done = next(event for event in items.events if event.work == "TASK#1.0#code" and event.type is EventType.WORK_DONE)
    again = done.model_copy(update={"id": done.id + "x", "attempt": 2, "tokens": type(done.tokens)()})
    return replace(items, events=tuple(sorted((*items.events, again), key=lambda event: event.id)))


def without_end(items: Items) -> Items:
    """No word of the first task's end."""
    kept = [e for e in items.events if (e.work, e.type) != ("TASK#1.0#code", EventType.WORK_DONE)]
    gone = next(e for e in items.events if (e.work, e.type) == ("TASK#1.0#code", EventType.WORK_DONE))
    assert items.metadata is not None
    left = items.metadata.tokens.calls - gone.tokens.calls
    tokens = {"model_calls": left, "prompt_tokens": left * 10, "output_tokens": left * 10}
    return replace(metadata(**tokens)(items), events=tuple(kept))


def attempts(items: Items) -> Items:
    """The test counts an attempt that never began."""
    return replace(items, tests=tuple(test.model_copy(update={"attempts": 2}) for test in items.tests))


def uncounted(items: Items) -> Items:
    """The plan forgets a task, and its progress does not."""
    return replace(items, plans=tuple(p.model_copy(update={"done": p.done[1:]}) for p in items.plans))


def miscounted(items: Items) -> Items:
    """The plan counted one task twice."""
    return replace(items, plans=tuple(p.model_copy(update={"progress": p.progress + 1}) for p in items.plans))


def doubled_path(items: Items) -> Items:
    """A second item for one path, in other letters."""
    other = items.files[0].model_copy(update={"path": items.files[0].path.upper()})
    tasks = [task.model_copy(update={"files": (*task.files, other)}) for task in items.tasks]
    return replace(items, files=(*items.files, other), tasks=tuple(tasks))


def unwritten(items: Items) -> Items:
    """A file whose content no task wrote."""
    foreign = items.files[0].object.model_copy(update={"sha256": "0" * 64})
    return replace(items, files=(items.files[0].model_copy(update={"object": foreign}), *items.files[1:]))


def second_deployment(items: Items) -> Items:
    """Two items for one revision's deployment."""
    other = items.deployments[0].model_copy(update={"work": "DEPLOY#1.0x", "state": WorkState.PENDING, "attempts": 0})
    return replace(items, deployments=(*items.deployments, other))


@pytest.mark.parametrize(
    ("alter", "evidence"),
    [
        (doubled_end, "TASK#1.0#code was done 2 times: attempt 1 at"),
        (without_end, "TASK#1.0#code is DONE, and no event says so"),
        (attempts, "TEST#1.0 counts 2 attempts; its timeline has 1"),
        (uncounted, "PLAN#1 counts"),
        (miscounted, "PLAN#1 has progress 4 with 3 tasks done"),
        (doubled_path, "2 items are for the path"),
        (unwritten, "which no task wrote"),
        (second_deployment, "revision 1.0 has 2 deployments"),
        (metadata(model_calls=1), "METADATA counts 1 calls, 40 and 40 tokens; the timeline adds up to 4 calls"),
        (metadata(score=99.0), "METADATA has the score 99.0; the tests of revision 1.0 have [100.0]"),
        (metadata(package=None), "METADATA has the package None"),
    ],
)
def test_what_happened_twice_or_was_miscounted_is_said(alter: Alter, evidence: str) -> None:
    assert any(invariant == TWICE and evidence in said for invariant, said in found(snapshot(altered(alter))))


def test_a_reply_that_was_stored_twice() -> None:
    objects = tuple(replace(o, versions=2) if "plan-1.json" in o.key else o for o in completed().objects)
    invariant, evidence = only(snapshot(replace(completed(), objects=objects)))
    assert invariant == TWICE
    assert evidence.endswith("plan-1.json was stored 2 times")


def test_a_revision_may_be_packaged_as_often_as_its_owner_asked() -> None:
    factory = Factory(replies.good, parses)
    project = factory.post("A library that greets people by name, with tests.")
    factory.run()
    factory.sent.send(factory.requests.deploy(project.id, "request-2").messages)
    factory.run()
    again = stored(factory, project.id)
    assert found(snapshot(again)) == []
    unasked = [event for event in again.items.events if event.type is not EventType.DEPLOYMENT_REQUESTED]
    kept = replace(again, items=replace(again.items, events=tuple(unasked)))
    assert any("DEPLOY#1.0 was done 2 times" in evidence for _, evidence in found(snapshot(kept)))


# --- DynamoDB and S3 agree


def test_an_object_that_an_item_names_must_be_there_as_named() -> None:
    package = next(o for o in completed().objects if o.key.endswith("package.zip"))
    rest = tuple(o for o in completed().objects if o is not package)
    missing = found(snapshot(replace(completed(), objects=rest)))
    assert {invariant for invariant, _ in missing} == {DISAGREE}
    assert ("DEPLOY#1.0 names" in missing[0][1], "METADATA names" in missing[1][1]) == (True, True)
    assert "not in the bucket" in missing[0][1]
    other = replace(package, size=7, sha256="0" * 64)
    changed = found(snapshot(replace(completed(), objects=(*rest, other))))
    assert "the bucket has 7 bytes, SHA-256 000" in changed[0][1]
    hidden = replace(package, size=None, delete_markers=1)
    assert "not in the bucket" in found(snapshot(replace(completed(), objects=(*rest, hidden))))[0][1]


def test_an_object_that_no_item_names_is_orphaned() -> None:
    key = f"projects/{completed().id}/1.0/left.py"
    left = in_bucket(key, b"left")
    given = snapshot(replace(completed(), objects=(*completed().objects, left)))
    assert only(given) == (DISAGREE, f"{key} (4 bytes) is named by no item")
    hidden = replace(left, size=None, versions=0, delete_markers=1)
    given = snapshot(replace(completed(), objects=(*completed().objects, hidden)))
    assert only(given) == (DISAGREE, f"the delete marker of {key} is named by no item")


def test_what_open_work_has_written_is_not_orphaned() -> None:
    project = stuck()
    letters = {"dev": (project.id,)}
    key = f"projects/{project.id}/1.0/greet.py"
    begun = replace(project, objects=(*project.objects, in_bucket(key, b"x = 1\n")))
    assert found(snapshot(begun, dead_letters=letters)) == []
    key = f"projects/{project.id}/1.1/greet.py"
    stray = replace(project, objects=(*project.objects, in_bucket(key, b"x = 1\n")))
    assert only(snapshot(stray, dead_letters=letters))[0] == DISAGREE


def test_an_item_that_cannot_be_read() -> None:
    def spoil(items: Items) -> Items:
        return replace(items, unreadable=(Unreadable("MOD#2", "requirements: Field required"),))

    assert only(snapshot(altered(spoil)))[1] == "MOD#2 cannot be read: requirements: Field required"
    (unreadable,) = items_of([{"PK": "PROJECT#1", "SK": "PLAN#1", "work": "PLAN#1"}]).unreadable
    assert unreadable.item == "PLAN#1"
    assert "revision" in unreadable.reason


def test_of_a_deleted_project_nothing_is_left() -> None:
    deleted = replace(completed(), deleted=True)
    evidence = [said for invariant, said in found(snapshot(deleted)) if invariant == DISAGREE]
    assert len(evidence) == 1 + len(completed().objects)
    assert "METADATA" in evidence[0]
    marker = BucketKey("projects/x", None, versions=0, delete_markers=1)
    hidden = StoredProject(completed().id, deleted=True, items=Items(), objects=(marker,))
    assert only(snapshot(hidden))[1] == ("it was deleted, and 0 versions and 1 delete markers of projects/x are left")


# --- all queues are empty


@pytest.mark.parametrize("depth", [QueueDepth(visible=1), QueueDepth(in_flight=1), QueueDepth(delayed=1)])
def test_a_message_that_is_left_somewhere(depth: QueueDepth) -> None:
    (violation,) = broken(snapshot(completed(), queues={"pm": QueueDepth(), "qa": depth}))
    assert (violation.invariant, violation.subject) == (QUEUES, "the qa queue")
    assert f"{depth.in_flight} in flight" in violation.evidence


def test_while_a_project_waits_nothing_is_in_flight() -> None:
    waiting = replace(stuck(), items=metadata_of(stuck(), status=ProjectStatus.WAITING_FOR_QUOTA))
    invariant, evidence = only(snapshot(waiting, queues={"dev": QueueDepth(delayed=1, in_flight=1)}))
    assert invariant == QUEUES
    assert "1 in flight" in evidence


# --- the timeline only makes legal moves


def moved(number: int, status: ProjectStatus) -> Alter:
    """One event's status changed."""

    def alter(items: Items) -> Items:
        events = list(items.events)
        events[number] = events[number].model_copy(update={"status": status})
        return replace(items, events=tuple(events))

    return alter


def test_a_move_that_the_table_does_not_have() -> None:
    invariant, evidence = found(snapshot(altered(moved(3, ProjectStatus.COMPLETED))))[0]
    assert invariant == MOVES
    assert evidence.startswith("from DEVELOPING (work done, PLAN#1, attempt 1, 2026-01-01")
    assert "to COMPLETED (work started, TASK#1.0#code" in evidence


def test_the_first_and_the_last_status() -> None:
    assert found(snapshot(altered(moved(0, ProjectStatus.PLANNING)))) == [(MOVES, "its timeline begins with PLANNING")]
    last = found(snapshot(altered(moved(-1, ProjectStatus.FAILED))))
    assert last == [(MOVES, "its timeline ends with FAILED, and it is COMPLETED")]


def test_events_are_in_the_order_of_their_ids() -> None:
    events = completed().items.events
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert events[-1].at - events[0].at > timedelta(0)
