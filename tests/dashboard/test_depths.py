"""The history of depths for pages: exact from the engine, and sampled elsewhere."""

from datetime import timedelta
from typing import Any, cast

from agenticai.client.queues.model import AgentQueues, Depth, QueueState
from agenticai.dashboard.services.depths import GAPS, SAMPLES, DepthPoint, DepthSeries, EngineDepths, SampledDepths
from agenticai.dashboard.services.queue_rows import count_last_minute, list_queue_rows, list_skips, make_curve
from agenticai.emulator.core.bench_records import ClockReading, DepthChange, DepthHistory, Jump
from tests.fakes.dashboard import DEAD, NOW, QUEUE


class Control:
    """An engine's history, page by page."""

    def __init__(self, *pages: DepthHistory) -> None:
        self.pages = list(pages)
        self.asked: list[int] = []

    def depths(self, since: int = 0) -> DepthHistory:
        self.asked.append(since)
        return self.pages.pop(0) if self.pages else page(since)

    def clock(self) -> ClockReading:
        return ClockReading(now=NOW, ahead_s=0)


def change(number: int, queue: str = QUEUE, visible: int = 1) -> DepthChange:
    return DepthChange(
        number=number, at=NOW, queue=queue, visible=visible, in_flight=0, delayed=0, received=number, deleted=0
    )


def page(next_one: int, *changes: DepthChange, more: bool = False, lost: bool = False) -> DepthHistory:
    return DepthHistory(changes=changes, next=next_one, more=more, lost=lost, now=NOW)


def test_each_look_asks_for_what_is_new_and_all_of_it() -> None:
    control = Control(page(2, change(1), change(2), more=True), page(3, change(3)), page(4, change(4, visible=9)))
    depths = EngineDepths(cast("Any", control), [QUEUE])
    assert [point.received for point in depths.look().points] == [1, 2, 3]
    assert depths.look().points[-1].visible == 9
    assert control.asked == [0, 2, 3]


def test_queues_of_others_are_left_out() -> None:
    depths = EngineDepths(cast("Any", Control(page(2, change(1, "another"), change(2)))), [QUEUE])
    assert [point.queue for point in depths.look().points] == [QUEUE]


def test_a_history_with_a_hole_is_no_longer_exact() -> None:
    depths = EngineDepths(cast("Any", Control(page(1, change(1)), page(9, change(9), lost=True))), [QUEUE])
    assert depths.look().note == ""
    assert depths.look().note == GAPS


def state(visible: int) -> AgentQueues:
    empty = Depth(0, 0, 0)
    return AgentQueues("dev", QueueState(QUEUE, Depth(visible, 0, 0), None), QueueState(DEAD, empty, None))


def test_samples_are_kept_where_something_changed() -> None:
    samples = SampledDepths()
    for second, visible in enumerate((1, 1, 2)):
        series = samples.look([state(visible)], NOW + timedelta(seconds=second))
    assert [(point.at, point.visible) for point in series.points if point.queue == QUEUE] == [
        (NOW, 1),
        (NOW + timedelta(seconds=2), 2),
    ]
    assert series.note == SAMPLES


def points(*received: tuple[int, int]) -> list[DepthPoint]:
    return [DepthPoint(NOW + timedelta(seconds=at), QUEUE, 0, 0, 0, count, count) for at, count in received]


def test_rates_are_those_of_the_last_minute() -> None:
    assert count_last_minute(points((-90, 3), (-30, 5), (-1, 9)), NOW) == (6, 6)
    assert count_last_minute(points((-30, 2)), NOW) == (2, 2)
    assert count_last_minute(points((-90, 5)), NOW) == (0, 0)
    assert count_last_minute([], NOW) == (0, 0)
    assert count_last_minute([DepthPoint(NOW, QUEUE, 1, 0, 0)], NOW) == (None, None)


def test_each_queue_is_a_row_before_that_of_its_dead_letters() -> None:
    rows = list_queue_rows([state(4)], DepthSeries(tuple(points((-5, 2))), NOW))
    assert [(row.name, row.visible, row.received_a_minute) for row in rows] == [(QUEUE, 4, 2), (DEAD, 0, 0)]


def test_a_curve_begins_with_what_was_there_and_ends_now() -> None:
    before, later = NOW - timedelta(seconds=60), NOW - timedelta(seconds=10)
    series = DepthSeries((DepthPoint(before, QUEUE, 1, 0, 0), DepthPoint(later, QUEUE, 0, 2, 0)), NOW)
    drawn = make_curve(series, [QUEUE], NOW - timedelta(seconds=30))
    assert [step["messages"] for step in drawn] == [1, 2, 2]
    assert drawn[-1]["at"] == NOW.isoformat()


def test_skipped_time_that_is_close_together_is_one_mark() -> None:
    jumps = [Jump(at=NOW - timedelta(minutes=minutes), seconds=seconds) for minutes, seconds in
             [(70, 5), (50, 60), (49.5, 30), (10, 7200)]]  # fmt: skip
    marks = list_skips(DepthSeries((), NOW, jumps=tuple(jumps)), NOW - timedelta(hours=1))
    assert [mark["skipped"] for mark in marks] == ["1 min 30 s skipped", "2 h skipped"]
    assert marks[0]["at"] == (NOW - timedelta(minutes=50)).isoformat()
