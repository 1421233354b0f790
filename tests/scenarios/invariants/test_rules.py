"""Each invariant holds after a complete run, and violations are described."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from agenticai.client.queues.model import Depth
from agenticai.scenarios.invariants import find_violations
from agenticai.scenarios.invariants.reading import sort_items
from agenticai.scenarios.invariants.snapshot import BucketKey, Denied, Items, StoredProject, Unreadable
from shared.models.workflow import ProjectStatus
from tests.fakes.snapshots import (
    DENIED,
    DISAGREE,
    MOVES,
    QUEUES,
    VANISHED,
    Alter,
    altered,
    completed,
    found,
    in_bucket,
    metadata,
    metadata_of,
    only,
    snapshot,
    stuck,
)


def test_all_hold_where_nothing_went_wrong() -> None:
    assert len(completed().items.sort_keys) > 10
    assert completed().items.unreadable == ()
    assert found(snapshot(completed())) == []


def test_a_violation_reads_as_one_line() -> None:
    (violation,) = find_violations(snapshot(altered(metadata(status=ProjectStatus.FAILED))))[:1]
    assert str(violation) == f"{VANISHED}: {completed().id}: it is FAILED without a reason"


# --- nothing vanishes


def test_a_project_that_is_gone_has_vanished_unless_its_owner_deleted_it() -> None:
    gone = StoredProject(completed().id, deleted=False, items=Items(sort_keys=("TASK#1.0#a",)), objects=())
    invariant, evidence = only(snapshot(gone))
    assert invariant == VANISHED
    assert "no METADATA item" in evidence
    assert "TASK#1.0#a" in evidence
    assert found(snapshot(StoredProject(completed().id, deleted=True, items=Items(), objects=()))) == []


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
    assert found(snapshot(waiting, queues={"dev": Depth(delayed=1)})) == []
    assert found(snapshot(waiting, queues={"dev": Depth(visible=1)})) == []


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
    (unreadable,) = sort_items([{"PK": "PROJECT#1", "SK": "PLAN#1", "work": "PLAN#1"}]).unreadable
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


@pytest.mark.parametrize("depth", [Depth(visible=1), Depth(in_flight=1), Depth(delayed=1)])
def test_a_message_that_is_left_somewhere(depth: Depth) -> None:
    (violation,) = find_violations(snapshot(completed(), queues={"pm": Depth(), "qa": depth}))
    assert (violation.invariant, violation.subject) == (QUEUES, "the qa queue")
    assert f"{depth.in_flight} in flight" in violation.evidence


def test_while_a_project_waits_nothing_is_in_flight() -> None:
    waiting = replace(stuck(), items=metadata_of(stuck(), status=ProjectStatus.WAITING_FOR_QUOTA))
    invariant, evidence = only(snapshot(waiting, queues={"dev": Depth(delayed=1, in_flight=1)}))
    assert invariant == QUEUES
    assert "1 in flight" in evidence


# --- the timeline only makes legal moves


def moved(number: int, status: ProjectStatus) -> Alter:
    """Return an alteration of one event's status."""

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


def test_what_a_function_was_denied() -> None:
    denied = Denied("pm", "s3:PutObject", "arn:aws:s3:::b/k", "a statement denies it")
    (once,) = found(snapshot(completed(), denied={denied: 1}))
    assert once == (DENIED, "denied s3:PutObject on arn:aws:s3:::b/k: a statement denies it")
    ((_, evidence),) = found(snapshot(completed(), denied={denied: 3}))
    assert evidence.startswith("denied 3 times s3:PutObject on ")


def test_events_are_in_the_order_of_their_ids() -> None:
    events = completed().items.events
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert events[-1].at - events[0].at > timedelta(0)
