"""Queues as table rows and chart curves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agenticai.client.durations import format_age
from agenticai.client.queues.model import AgentQueues, QueueState
from agenticai.dashboard.services.depths import DepthPoint, DepthSeries

MINUTE: Final = timedelta(minutes=1)

MARKS: Final = 60
"""The maximum number of marks for skipped time in a chart; closer ones are merged."""


@dataclass(frozen=True)
class QueueRow:
    """A queue in a table; None stands for what the target does not report. Rates are those of the last minute."""

    name: str
    visible: int
    in_flight: int
    delayed: int
    oldest_s: float | None
    received_a_minute: int | None
    deleted_a_minute: int | None


def list_queue_rows(states: Iterable[AgentQueues], series: DepthSeries) -> list[QueueRow]:
    """Return every queue, each followed by its dead-letter queue."""
    return [_make_row(queue, series) for state in states for queue in (state.queue, state.dead_letters)]


def _make_row(queue: QueueState, series: DepthSeries) -> QueueRow:
    depth = queue.depth
    received, deleted = count_last_minute([point for point in series.points if point.queue == queue.name], series.now)
    return QueueRow(
        name=queue.name,
        visible=depth.visible,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_s=queue.oldest_s,
        received_a_minute=received,
        deleted_a_minute=deleted,
    )


def count_last_minute(points: Sequence[DepthPoint], now: datetime) -> tuple[int | None, int | None]:
    """Return how many messages were received and deleted in the last minute; None if that is not counted."""
    if not points:
        return (0, 0)
    last = points[-1]
    if last.received is None or last.deleted is None:
        return (None, None)
    before = next((point for point in reversed(points) if point.at <= now - MINUTE), None)
    then = (before.received or 0, before.deleted or 0) if before else (0, 0)
    return last.received - then[0], last.deleted - then[1]


def list_skips(series: DepthSeries, since: datetime) -> list[dict[str, object]]:
    """Return the marks for skipped time in a chart that starts at `since`, with how much was skipped at each."""
    min_distance, marks = (series.now - since) / MARKS, list[tuple[datetime, float]]()
    for jump in series.jumps:
        if jump.at < since:
            continue
        if marks and jump.at - marks[-1][0] < min_distance:
            marks[-1] = marks[-1][0], marks[-1][1] + jump.seconds
        else:
            marks.append((jump.at, jump.seconds))
    return [{"at": at.isoformat(), "skipped": f"{format_age(seconds)} skipped"} for at, seconds in marks]


def make_curve(series: DepthSeries, queues: Sequence[str], since: datetime) -> list[dict[str, object]]:
    """Return the points of a chart: the depth of each queue at each change, at `since` and now."""
    rows: list[dict[str, object]] = []
    for name in queues:
        points = [point for point in series.points if point.queue == name]
        before = next((point for point in reversed(points) if point.at < since), None)
        visible = [point for point in points if point.at >= since]
        start = before.total if before else 0
        rows.append({"at": since.isoformat(), "queue": name, "messages": start})
        rows += [{"at": point.at.isoformat(), "queue": name, "messages": point.total} for point in visible]
        rows.append({"at": series.now.isoformat(), "queue": name, "messages": visible[-1].total if visible else start})
    return rows
