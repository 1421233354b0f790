"""Two targets are compared in everything but times, ids, and the order of concurrent events."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agenticai.emulator.faults.rules import Fired
from agenticai.scenarios.comparing.differences import Subject, find_differences
from agenticai.scenarios.comparing.observation import Observation
from agenticai.scenarios.replaying.pace import Observed
from agenticai.scenarios.replaying.replay import Result
from shared.models.events import EventType, TimelineEvent
from shared.models.workflow import ProjectStatus
from tests.fakes.observed import observation
from tests.fakes.replayed import AT, EVENTS, FIRED, INVOCATIONS, PROJECT, PROJECT_ID, VIEW, event, failed, result

if TYPE_CHECKING:
    from agenticai.emulator.core.usage_records import Caller

OTHER_ID = "01KK000000000000000000000B"


def told(first: Observation, other: Observation) -> list[tuple[Subject, str, str, str]]:
    return [(each.subject, each.of, each.first, each.other) for each in find_differences(first, other)]


def of_events(*events: TimelineEvent, **parts: Any) -> Result:
    return result(projects={"hello": replace(PROJECT, events=events)}, **parts)


def test_times_and_ids_make_no_difference() -> None:
    later = tuple(each.model_copy(update={"id": f"x{each.id}", "at": each.at + timedelta(hours=1)}) for each in EVENTS)
    again = replace(PROJECT, id=OTHER_ID, view=VIEW.model_copy(update={"id": OTHER_ID}), events=later)
    invocations = [done.model_copy(update={"project_id": OTHER_ID, "duration_ms": 9}) for done in INVOCATIONS]
    other = result(projects={"hello": again}, observed=Observed(FIRED, (), tuple(invocations)), wall_s=9.0)
    assert told(observation(), observation("localstack", other)) == []


def test_an_id_that_a_text_names_makes_no_difference() -> None:
    one, two = (
        result(
            projects={"hello": replace(PROJECT, id=name, events=())}, unmet=(f"{name} is late.",), observed=Observed()
        )
        for name in (PROJECT_ID, OTHER_ID)
    )
    assert told(observation(replayed=one), observation("localstack", two)) == []


def task(kind: EventType, name: str, attempt: int = 1) -> TimelineEvent:
    return event(kind, "dev", f"TASK#1.0#{name}", attempt, attempt=attempt)


def test_pieces_of_work_that_may_be_done_at_once_have_no_order_among_themselves() -> None:
    one = [task(kind, "a") for kind in (EventType.WORK_STARTED, EventType.WORK_DONE)]
    two = [task(kind, "b") for kind in (EventType.WORK_STARTED, EventType.WORK_DONE)]
    in_turn, at_once = of_events(*one, *two), of_events(two[0], one[0], one[1], two[1])
    assert told(observation(replayed=in_turn), observation("localstack", at_once)) == []


def test_the_order_within_a_piece_of_work_and_its_attempts_are_compared() -> None:
    once = of_events(task(EventType.WORK_STARTED, "a"), task(EventType.WORK_DONE, "a"))
    again = of_events(
        task(EventType.WORK_STARTED, "a"), *once.projects["hello"].events[:1], task(EventType.WORK_DONE, "a", 2)
    )
    assert told(observation(replayed=once), observation("localstack", again)) == [
        (Subject.WORK, "hello: dev TASK#1.0#a", "started (1), done (1)", "started (1), started (1), done (2)")
    ]


def test_the_statuses_are_compared_in_order() -> None:
    there = [event(EventType.WORK_STARTED, "pm", "PLAN#1", 0, status=status) for status in ProjectStatus][:2]
    back = [each.model_copy(update={"status": other.status}) for each, other in zip(there, there[::-1], strict=True)]
    assert [
        subject for subject, *_ in told(observation(replayed=of_events(*there)), observation("x", of_events(*back)))
    ] == [Subject.STATUSES]


def test_outcome_end_and_dead_letters_are_compared() -> None:
    worse = result(
        unmet=("late",),
        projects={"hello": replace(PROJECT, view=VIEW.model_copy(update={"score": 50.0}))},
        dead_letters={"pm": (), "dev": ("x",)},
    )
    assert told(observation(), observation("localstack", worse)) == [
        (Subject.OUTCOME, "the scenario", "passed", "failed late"),
        (
            Subject.PROJECT,
            "hello",
            "COMPLETED 1.0, scored 97.5; package of hello.py",
            "COMPLETED 1.0, scored 50; package of hello.py",
        ),
        (Subject.DEAD_LETTERS, "dev", "nothing", "1"),
    ]


def test_faults_and_invocations_are_compared() -> None:
    other = Observed((*FIRED, Fired(rule=0, at=AT, function=None, what="again")), (), INVOCATIONS[:2])
    assert told(observation(), observation("localstack", result(observed=other))) == [
        (Subject.FAULTS, "fault 1", "applied once", "applied 2 times"),
        (Subject.INVOCATIONS, "dev", "3, 1 failed", "1, 1 failed"),
    ]


def test_calls_are_compared_where_both_count_their_callers() -> None:
    polls: dict[tuple[Caller, str, str], int] = {
        ("function", "s3", "PutObject"): 2,
        ("event source mapping", "sqs", "ReceiveMessage"): 4,
    }
    first, other = (
        observation(calls=polls),
        observation("localstack", calls={("function", "s3", "PutObject"): 3}, counted=["client", "function"]),
    )
    assert told(first, other) == [(Subject.CALLS, "s3 PutObject by function", "2", "3")]
    nothing = observation("bare", calls={}, counted=[])
    assert told(first, nothing) == []
    assert told(first, observation("counts", calls={("function", "s3", "PutObject"): 2})) == [
        (Subject.CALLS, "sqs ReceiveMessage by event source mapping", "4", "nothing")
    ]


def test_how_often_an_environment_asks_what_it_keeps_makes_no_difference() -> None:
    first, other = (observation(calls={("function", "ssm", "GetParameter"): number}) for number in (6, 7))
    assert told(first, other) == []
    assert told(first, observation(calls={})) == [(Subject.CALLS, "ssm GetParameter by function", "some", "nothing")]


def test_calls_of_the_model_are_compared_where_both_have_one() -> None:
    first = observation(model={"Plan the software": 1, "Write a.py": 1})
    assert told(first, observation("x", model={"Plan the software": 2, "Write a.py": 1})) == [
        (Subject.MODEL_CALLS, "Plan the software (200)", "1", "2")
    ]
    assert told(first, observation("x")) == []


def test_what_was_skipped_differs_in_nothing() -> None:
    skipped = observation("localstack", Result(result().scenario, 0, skipped="it skips no time"))
    assert told(observation(replayed=failed("greeting")), skipped) == []
