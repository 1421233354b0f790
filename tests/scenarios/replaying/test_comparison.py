"""Two replays are equal if everything except times and ids is equal."""

from dataclasses import replace
from datetime import timedelta

from agenticai.emulator.faults.rules import Fired
from agenticai.scenarios.replaying.comparison import compare
from agenticai.scenarios.replaying.pace import Observed
from tests.fakes.replayed import AT, EVENTS, FIRED, INVOCATIONS, PROJECT, VIEW, failed, result

OTHER_ID = "01KK000000000000000000000B"


def test_times_and_ids_make_no_difference() -> None:
    later = tuple(
        event.model_copy(update={"id": f"x{event.id}", "at": event.at + timedelta(hours=1), "duration_ms": 9})
        for event in EVENTS
    )
    again = replace(PROJECT, id=OTHER_ID, view=VIEW.model_copy(update={"id": OTHER_ID}), events=later)
    assert compare(result(), result(projects={"hello": again}, wall_s=9.0)) == ""


def test_an_id_that_a_detail_names_makes_no_difference() -> None:
    first, again = (
        replace(PROJECT, id=name, events=(EVENTS[0].model_copy(update={"detail": f"of {name}"}),))
        for name in (PROJECT.id, OTHER_ID)
    )
    assert compare(result(projects={"hello": first}), result(projects={"hello": again})) == ""


def test_the_first_thing_that_is_not_alike_is_said() -> None:
    shorter = replace(PROJECT, events=EVENTS[:-1])
    said = compare(result(), result(projects={"hello": shorter}))
    assert "work failed by dev, TASK#1.0#hello (2), FAILED" in said
    other_status = replace(PROJECT, view=VIEW.model_copy(update={"score": 50.0}))
    assert "COMPLETED 1.0 50.0" in (compare(result(), result(projects={"hello": other_status})))
    assert "dead letters of dev: 1" in (compare(result(), failed("greeting")))
    assert "unmet: late" in (compare(result(), result(unmet=("late",))))


def test_the_faults_that_were_put_to_effect_are_compared() -> None:
    once_more = (*FIRED, Fired(rule=0, at=AT, function=None, what="once more"))
    assert "fault 1: once more" in (compare(result(), result(observed=Observed(once_more, (), INVOCATIONS))))
