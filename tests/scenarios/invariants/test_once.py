"""Violations are reported: what happened twice in a project, or was counted wrongly."""

from dataclasses import replace

import pytest

from agenticai.scenarios.invariants.snapshot import Items
from shared.models.events import EventType
from shared.models.records import WorkState
from tests.fakes import replies
from tests.fakes.analysis import parses
from tests.fakes.factory import Factory
from tests.fakes.snapshots import TWICE, Alter, altered, completed, found, metadata, only, snapshot, stored


def test_a_project_that_nobody_asked_for() -> None:
    assert only(snapshot(completed(), unasked=("another",))) == (
        TWICE,
        "no request was answered with it: one request made several projects",
    )


def doubled_end(items: Items) -> Items:
    """Return items in which the first task is done again, by another attempt."""
    done = next(event for event in items.events if event.work == "TASK#1.0#code" and event.type is EventType.WORK_DONE)
    again = done.model_copy(update={"id": done.id + "x", "attempt": 2, "tokens": type(done.tokens)()})
    return replace(items, events=tuple(sorted((*items.events, again), key=lambda event: event.id)))


def without_end(items: Items) -> Items:
    """Return items without the first task's end."""
    kept = [e for e in items.events if (e.work, e.type) != ("TASK#1.0#code", EventType.WORK_DONE)]
    gone = next(e for e in items.events if (e.work, e.type) == ("TASK#1.0#code", EventType.WORK_DONE))
    assert items.metadata is not None
    left = items.metadata.tokens.calls - gone.tokens.calls
    tokens = {"model_calls": left, "prompt_tokens": left * 10, "output_tokens": left * 10}
    return replace(metadata(**tokens)(items), events=tuple(kept))


def attempts(items: Items) -> Items:
    """Return items in which the test counts an attempt that never began."""
    return replace(items, tests=tuple(test.model_copy(update={"attempts": 2}) for test in items.tests))


def uncounted(items: Items) -> Items:
    """Return items in which the plan has lost a task that its progress still has."""
    return replace(items, plans=tuple(p.model_copy(update={"done": p.done[1:]}) for p in items.plans))


def miscounted(items: Items) -> Items:
    """Return items in which the plan counted one task twice."""
    return replace(items, plans=tuple(p.model_copy(update={"progress": p.progress + 1}) for p in items.plans))


def doubled_path(items: Items) -> Items:
    """Return items with a second one for a path, in another case."""
    other = items.files[0].model_copy(update={"path": items.files[0].path.upper()})
    tasks = [task.model_copy(update={"files": (*task.files, other)}) for task in items.tasks]
    return replace(items, files=(*items.files, other), tasks=tuple(tasks))


def unwritten(items: Items) -> Items:
    """Return items with a file whose content no task wrote."""
    foreign = items.files[0].object.model_copy(update={"sha256": "0" * 64})
    return replace(items, files=(items.files[0].model_copy(update={"object": foreign}), *items.files[1:]))


def second_deployment(items: Items) -> Items:
    """Return items with two deployments of one revision."""
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
    factory.sent.send(factory.requests.deploy(project.id, "request-2", unproven=False).messages)
    factory.run()
    again = stored(factory, project.id)
    assert found(snapshot(again)) == []
    unasked = [event for event in again.items.events if event.type is not EventType.DEPLOYMENT_REQUESTED]
    kept = replace(again, items=replace(again.items, events=tuple(unasked)))
    assert any("DEPLOY#1.0 was done 2 times" in evidence for _, evidence in found(snapshot(kept)))
