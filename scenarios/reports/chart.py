"""A project's course as a drawing: a lane for each queue and each function, bars for work, and marks for faults."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element

from agenticai.scenarios.reports.axis import Axis
from agenticai.scenarios.reports.course import LANES, Bar, Course
from agenticai.scenarios.reports.figures import clock, duration
from agenticai.scenarios.reports.markup import tag

LEFT: Final = 108.0
WIDTH: Final = 1000.0
RIGHT: Final = 12.0
STATUS_HEIGHT: Final = 18.0
QUEUE_HEIGHT: Final = 9.0
FUNCTION_HEIGHT: Final = 20.0
LANE_GAP: Final = 12.0
AXIS_HEIGHT: Final = 22.0
TICK_ROOM: Final = 76.0
LETTER: Final = 6.1
"""The width of a letter of a label, about."""

LEAST: Final = 2.5
"""No bar is narrower, or it would not be seen."""


def chart(course: Course, name: str) -> Element:
    """The drawing as an SVG element, `name` being its title for who cannot see it."""
    axis = Axis(course.changes, WIDTH - LEFT - RIGHT)
    lanes = [lane for lane in LANES if any(bar.lane == lane for bar in course.work)]
    tops = dict(_tops(lanes))
    bottom = STATUS_HEIGHT + LANE_GAP + sum(_height(lane) for lane in lanes)
    return tag(
        "svg",
        tag("title", f"Timeline of {name}"),
        _ticks(axis, bottom),
        (_status(axis, begin, end, status) for (begin, status), (end, _) in _spans(course)),
        (element for lane, top in tops.items() for element in _heads(lane, top)),
        (_bar(axis, bar, tops[bar.lane], QUEUE_HEIGHT) for bar in course.waiting),
        (_bar(axis, bar, tops[bar.lane] + _queue(bar.lane), FUNCTION_HEIGHT) for bar in course.work),
        _cuts(axis, bottom),
        (_fault(axis, mark.at, mark.title, tops.get(mark.lane, STATUS_HEIGHT), mark.lane) for mark in course.faults),
        class_="chart",
        viewBox=f"0 0 {WIDTH:g} {bottom + AXIS_HEIGHT:g}",
        role="img",
    )


def _tops(lanes: list[str]) -> Iterator[tuple[str, float]]:
    """The lanes with where each begins, from above."""
    top = STATUS_HEIGHT + LANE_GAP
    for lane in lanes:
        yield lane, top
        top += _height(lane)


def _queue(lane: str) -> float:
    """The height of a lane's queue; the API has none."""
    return 0.0 if lane == "api" else QUEUE_HEIGHT


def _height(lane: str) -> float:
    return _queue(lane) + FUNCTION_HEIGHT + LANE_GAP


def _spans(course: Course) -> Iterator[tuple[tuple[datetime, str], tuple[datetime, str]]]:
    """Each status with the moment that ended it, the last with that of the last change."""
    return pairwise([*course.statuses, (max(course.changes), "")])


def _heads(lane: str, top: float) -> Iterator[Element]:
    """The names of a lane's queue and function, and the ground on which their bars stand."""
    width = WIDTH - LEFT - RIGHT
    if _queue(lane):
        yield tag("rect", x=LEFT, y=top, width=width, height=QUEUE_HEIGHT, class_="queue")
        yield tag("text", f"{lane} queue", x=LEFT - 8, y=top + QUEUE_HEIGHT - 1.5, class_="head minor")
    below = top + _queue(lane)
    yield tag("rect", x=LEFT, y=below, width=width, height=FUNCTION_HEIGHT, class_="function")
    yield tag("text", lane, x=LEFT - 8, y=below + 14, class_="head")


def _status(axis: Axis, begin: datetime, end: datetime, status: str) -> Element:
    left, width = _extent(axis, begin, end)
    return tag(
        "g",
        tag("title", status),
        tag("rect", x=left, y=0, width=width, height=STATUS_HEIGHT, class_=f"status {status}"),
        _inscribed(status, left, width, STATUS_HEIGHT - 5, "status-name"),
    )


def _bar(axis: Axis, bar: Bar, top: float, height: float) -> Element:
    left, width = _extent(axis, bar.begin, bar.end)
    return tag(
        "g",
        tag("title", bar.title),
        tag("rect", x=left, y=top, width=width, height=height, rx=2, class_=f"bar {bar.kind}"),
        _inscribed(bar.label, left, width, top + 14, "bar-name"),
    )


def _extent(axis: Axis, begin: datetime, end: datetime) -> tuple[float, float]:
    left = LEFT + axis(begin)
    return left, max(LEAST, LEFT + axis(end) - left)


def _inscribed(text: str, left: float, width: float, baseline: float, class_: str) -> Element | None:
    """A label inside of what it names, where there is room for some of it."""
    room = int((width - 6) / LETTER)
    if not text or room < 3:
        return None
    shown = text if len(text) <= room else text[: room - 1] + "…"
    return tag("text", shown, x=left + 4, y=baseline, class_=class_)


def _cuts(axis: Axis, bottom: float) -> Iterator[Element]:
    """What is cut out of the axis, with how long it was."""
    for cut in axis.cuts:
        middle, length = LEFT + (cut.left + cut.right) / 2, duration(cut.end - cut.begin)
        points = " ".join(f"{middle + (3 if number % 2 else -3):.1f},{y}" for number, y in enumerate(_heights(bottom)))
        yield tag(
            "g",
            tag("title", f"{length}, drawn shorter"),
            tag("polyline", points=points, class_="cut"),
            tag("text", length, x=middle, y=bottom + 14, class_="cut-name"),
        )


def _heights(bottom: float) -> range:
    return range(int(STATUS_HEIGHT), int(bottom), 6)


def _ticks(axis: Axis, bottom: float) -> Iterator[Element]:
    for place, since in axis.ticks(TICK_ROOM):
        x = LEFT + place
        yield tag("line", x1=x, x2=x, y1=STATUS_HEIGHT, y2=bottom, class_="tick")
        yield tag("text", clock(since), x=x, y=bottom + 14, class_="tick-name")


def _fault(axis: Axis, at: datetime, title: str, top: float, lane: str) -> Element:
    x, foot = LEFT + axis(at), top + _height(lane) - LANE_GAP
    return tag(
        "g",
        tag("title", title),
        tag("line", x1=x, x2=x, y1=top - 4, y2=foot, class_="fault-line"),
        tag("path", d=f"M{x - 5:.1f},{top - 9:.1f} h10 l-5,8 z", class_="fault"),
        class_="fault-mark",
    )
