"""The timeline distinguishes waiting and working, and marks what failed, was repeated, or never ended."""

from agenticai.dashboard.services.timeline import Span, SpanKind, describe_spans, describe_work, list_spans
from shared.models import layout
from shared.models.events import EventType
from shared.models.project import Revision
from shared.models.workflow import ProjectStatus
from tests.fakes.dashboard_projects import Events, at, plan, project, task

FIRST, REPAIRED = Revision(build=1), Revision(build=1, round=1)
PLAN = layout.plan(1)
ONE, TWO = layout.task(FIRST, "one"), layout.task(FIRST, "two")


def planned() -> Events:
    return Events().add(EventType.PROJECT_CREATED, 0, PLAN, "api").worked(PLAN, 1, 2, "pm")


def told(found: list[Span]) -> list[tuple[str, str, float, float]]:
    return [
        (span.work, span.kind.name, (span.start - at(0)).total_seconds(), (span.end - at(0)).total_seconds())
        for span in found
    ]


def test_a_task_waits_from_when_the_tasks_that_it_needs_are_done() -> None:
    events = planned().worked(ONE, 3, 5).worked(TWO, 6, 7).made
    found = list_spans(events, project(), plan(task("one"), task("two", "one")), at(60))
    assert told(found) == [
        ("plan 1", "WAITING", 0, 1),
        ("plan 1", "WORKING", 1, 2),
        ("one", "WAITING", 2, 3),
        ("one", "WORKING", 3, 5),
        ("two", "WAITING", 5, 6),
        ("two", "WORKING", 6, 7),
    ]


def test_without_a_plan_tasks_wait_from_when_the_plan_was_done() -> None:
    found = list_spans(planned().worked(ONE, 3, 4).worked(TWO, 6, 7).made, project(), None, at(60))
    assert ("two", "WAITING", 2, 6) in told(found)


def test_repair_test_and_deployment_wait_for_what_comes_before_them() -> None:
    events = planned().worked(ONE, 3, 4).worked(layout.test(FIRST), 6, 7, "qa")
    events.worked(layout.task(REPAIRED, "repair"), 9, 10).worked(layout.test(REPAIRED), 11, 12, "qa")
    events.worked(layout.deployment(REPAIRED), 14, 15, "ops")
    found = told(list_spans(events.made, project(revision="1.1"), plan(task("one")), at(60)))
    assert [span for span in found if span[1] == "WAITING"][2:] == [
        ("test 1.0", "WAITING", 4, 6),
        ("repair", "WAITING", 7, 9),
        ("test 1.1", "WAITING", 10, 11),
        ("deploy 1.1", "WAITING", 12, 14),
    ]


def test_an_attempt_that_came_to_nothing_is_followed_by_waiting_for_the_next() -> None:
    events = planned().add(EventType.WORK_STARTED, 3, ONE)
    events.add(EventType.WORK_FAILED, 4, ONE, detail="throttled").worked(ONE, 9, 10, attempt=2)
    found = list_spans(events.made, project(), plan(task("one")), at(60))
    assert [(span.kind, span.attempt, span.detail) for span in found if span.work == "one"] == [
        (SpanKind.WAITING, 1, ""),
        (SpanKind.INTERRUPTED, 1, "throttled"),
        (SpanKind.WAITING, 2, ""),
        (SpanKind.WORKING, 2, ""),
    ]


def test_a_worker_that_died_leaves_an_attempt_without_an_end() -> None:
    events = planned().add(EventType.WORK_STARTED, 3, ONE).worked(ONE, 9, 10, attempt=2)
    found = list_spans(events.made, project(), plan(task("one")), at(60))
    assert told(found)[-2:] == [("one", "LOST", 3, 9), ("one", "WORKING", 9, 10)]
    assert describe_spans(found) == "2.00 s working, 2.00 s waiting, 1 redelivered, 1 without an end"


def test_a_long_wait_is_told_in_its_largest_units() -> None:
    found = [Span("dev", "one", 1, SpanKind.WAITING, at(0), at(20_255), "")]
    assert describe_spans(found) == "0.00 s working, 5 h 37 min waiting, 0 redelivered"


def test_what_failed_for_good_is_waited_for_again_only_after_a_retry() -> None:
    events = planned().add(EventType.WORK_STARTED, 3, ONE)
    events.add(EventType.WORK_FAILED, 4, ONE, status=ProjectStatus.FAILED)
    failed = list_spans(events.made, project(status=ProjectStatus.FAILED), plan(task("one")), at(60))
    assert told(failed)[-1] == ("one", "FAILED", 3, 4)
    events.add(EventType.RETRY_REQUESTED, 30, ONE, "api").worked(ONE, 31, 32, attempt=2)
    assert ("one", "WAITING", 30, 31) in told(list_spans(events.made, project(), plan(task("one")), at(60)))


def test_a_live_project_works_and_waits_until_now() -> None:
    events = planned().add(EventType.WORK_STARTED, 3, ONE)
    live = project(status=ProjectStatus.DEVELOPING)
    found = told(list_spans(events.made, live, plan(task("one"), task("two")), at(60)))
    assert found[-2:] == [("two", "WAITING", 2, 60), ("one", "WORKING", 3, 60)]
    posted = Events().add(EventType.PROJECT_CREATED, 0, PLAN, "api").made
    assert told(list_spans(posted, project(status=ProjectStatus.CREATED), None, at(5))) == [("plan 1", "WAITING", 0, 5)]


def test_a_test_and_a_deployment_that_wait_are_told_too() -> None:
    events = planned().worked(ONE, 3, 4)
    testing = list_spans(events.made, project(status=ProjectStatus.TESTING), plan(task("one")), at(9))
    assert told(testing)[-1] == ("test 1.0", "WAITING", 4, 9)
    events.worked(layout.test(FIRST), 5, 6, "qa")
    deploying = list_spans(events.made, project(status=ProjectStatus.DEPLOYING), plan(task("one")), at(9))
    assert told(deploying)[-1] == ("deploy 1.0", "WAITING", 6, 9)


def test_no_events_make_no_spans() -> None:
    assert list_spans([], project(), None, at(1)) == []
    assert [describe_work(key) for key in (ONE, PLAN, "odd")] == ["one", "plan 1", "odd"]
