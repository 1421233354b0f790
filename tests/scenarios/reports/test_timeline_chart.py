"""The chart of a project's course: the items of each lane, their colours, and their positions on a folded time axis."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from agenticai.scenarios.replaying.pace import Observed
from agenticai.scenarios.replaying.replay import Result
from agenticai.scenarios.reports.axis import CUT_SECONDS, Axis
from agenticai.scenarios.reports.course import BarKind, Course, trace_course
from agenticai.scenarios.reports.document import ScenarioReport
from agenticai.scenarios.reports.figures import format_clock, format_dollars, format_duration
from tests.fakes.replayed import AGENTS, AT, FIRED, PROJECT, invocation, result


def drawn(replayed: Result) -> Course:
    scenario = ScenarioReport.of(replayed)
    return trace_course(scenario.projects[0], scenario)


def test_a_bar_is_named_and_coloured_by_what_happened_in_its_time() -> None:
    work = drawn(result()).work
    assert [(bar.lane, bar.label, bar.kind) for bar in work] == [
        ("pm", "plan 1", BarKind.DONE),
        ("dev", "hello", BarKind.KILLED),
        ("dev", "hello, attempt 2", BarKind.FAILED),
        ("dev", "", BarKind.IDLE),
    ]
    assert "Runtime.ExitError" in work[1].title


def test_a_request_to_the_api_is_answered_without_an_event() -> None:
    request = invocation("api", 1, 0.05)
    agents = {**AGENTS, request.function: "api"}
    (bar,) = drawn(result(observed=Observed((), (), (request,)), agents=agents)).work
    assert (bar.lane, bar.kind, bar.label) == ("api", BarKind.DONE, "")
    assert "a request was answered" in bar.title


def test_what_nothing_worked_on_has_waited_in_the_queue_of_what_came_next() -> None:
    (first, *rest) = drawn(result()).waiting
    assert (first.lane, first.begin, first.end) == ("dev", AT + timedelta(seconds=0.7), AT + timedelta(seconds=5401))
    assert [(bar.end - bar.begin).total_seconds() for bar in rest] == [0.5]


def test_faults_are_marked_on_the_lane_of_their_function_or_queue() -> None:
    assert [(mark.lane, mark.at) for mark in drawn(result()).faults] == [("dev", fired.at) for fired in FIRED]


def test_statuses_follow_each_other() -> None:
    assert [status for _, status in drawn(result()).statuses] == ["PLANNING", "DEVELOPING", "FAILED"]


def test_without_a_meter_the_events_tell_how_long_work_took() -> None:
    work = drawn(result(observed=Observed())).work
    assert [(bar.lane, bar.kind) for bar in work] == [("pm", BarKind.DONE), ("dev", BarKind.FAILED)]
    assert work[0].end - work[0].begin == timedelta(milliseconds=300)


def test_a_project_of_which_nothing_is_known_has_nothing_to_draw() -> None:
    bare = result(projects={"hello": replace(PROJECT, view=None, events=())}, observed=Observed())
    assert drawn(bare).changes == []


def axis(*seconds: float, width: float = 100) -> Axis:
    return Axis([AT + timedelta(seconds=second) for second in seconds], width)


def places(folded: Axis, seconds: Sequence[float]) -> list[float]:
    return [round(folded(AT + timedelta(seconds=second)), 3) for second in seconds]


def test_an_axis_is_linear_where_nothing_is_cut() -> None:
    assert places(axis(0, 1, 4), (0, 0.5, 1, 2, 4)) == [0, 12.5, 25, 50, 100]
    assert axis(0, 1, 4).cuts == []


def test_a_long_stretch_is_cut_short() -> None:
    folded = axis(0, 1, 5401, 5402)
    (cut,) = folded.cuts
    assert (cut.begin, cut.end) == (1, 5401)
    width = CUT_SECONDS / (2 + CUT_SECONDS) * 100
    assert cut.right - cut.left == pytest.approx(width)
    assert places(folded, (0, 5402)) == [0, 100]


def test_ticks_are_round_times_outside_of_what_is_cut() -> None:
    ticks = list(axis(0, 1, 5401, 5402, width=1000).list_ticks(80))
    seconds = [since.total_seconds() for _, since in ticks]
    assert seconds[0] == 0
    assert all(second <= 1 or second >= 5401 for second in seconds)
    assert all(later - earlier >= 80 for (earlier, _), (later, _) in pairwise(ticks))


def test_ticks_leave_room_for_the_length_of_what_is_cut() -> None:
    folded = axis(0, 0.3, 5400.3, 5401, width=300)
    (cut,) = folded.cuts
    middle = (cut.left + cut.right) / 2
    assert cut.left < 80
    assert [round(place) for place, _ in folded.list_ticks(80) if abs(place - middle) < 80] == []
    assert list(folded.list_ticks(80))


def test_a_single_moment_is_an_axis() -> None:
    assert places(axis(0), (0,)) == [0]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.35, "350 ms"), (1.44, "1.4 s"), (45, "45 s"), (300, "5 min"), (14400, "4 h"), (2e5, "2 d")],
)
def test_durations_are_in_one_unit(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (0.4, "0.4 s"), (12, "12 s"), (902.5, "15:02.5"), (5400, "1:30:00"), (1216800, "14 d 02:00:00")],
)
def test_times_on_the_axis_grow_with_what_they_name(seconds: float, shown: str) -> None:
    assert format_clock(timedelta(seconds=seconds)) == shown


def test_prices_show_what_there_is_to_see() -> None:
    assert (format_dollars(0.000123), format_dollars(1234.5)) == ("$0.00012", "$1,234.50")
