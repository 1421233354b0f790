"""A chart of a project's course: a lane for each queue and each function, bars for work, and marks for faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from agenticai.scenarios.reports.axis import Axis
from agenticai.scenarios.reports.course import Course
from agenticai.scenarios.reports.figures import format_clock, format_duration
from agenticai.stack.outputs import FUNCTIONS

LEFT: Final = 108.0
WIDTH: Final = 1000.0
RIGHT: Final = 12.0
STATUS_HEIGHT: Final = 18.0
QUEUE_HEIGHT: Final = 9.0
FUNCTION_HEIGHT: Final = 20.0
LANE_GAP: Final = 12.0
TICK_ROOM: Final = 76.0
LETTER: Final = 6.1
"""The approximate width of a letter of a label."""

LEAST: Final = 2.5
"""The minimum width of a bar, so that it is visible."""


@dataclass(frozen=True)
class Box:
    """A status or a bar; its label is cut to the available width."""

    left: float
    width: float
    top: float
    height: float
    kind: str
    title: str
    label: str

    @property
    def shown(self) -> str:
        max_letters = int((self.width - 6) / LETTER)
        if max_letters < 3:
            return ""
        return self.label if len(self.label) <= max_letters else self.label[: max_letters - 1] + "…"


@dataclass(frozen=True)
class Lane:
    """The background of a queue and its function; the API has no queue."""

    name: str
    top: float

    @property
    def queue_height(self) -> float:
        return 0.0 if self.name == "api" else QUEUE_HEIGHT

    @property
    def function_top(self) -> float:
        return self.top + self.queue_height

    @property
    def bottom(self) -> float:
        return self.function_top + FUNCTION_HEIGHT


class Chart:
    """Everything that is drawn of a course, with positions: the input of `chart.svg`."""

    left, ground, status_height, function_height = LEFT, WIDTH - LEFT - RIGHT, STATUS_HEIGHT, FUNCTION_HEIGHT

    def __init__(self, course: Course) -> None:
        self._course = course
        self._axis = Axis(course.changes, self.ground)
        self.lanes = list(_make_lanes({bar.lane for bar in course.work}))
        self.bottom = (self.lanes[-1].bottom if self.lanes else STATUS_HEIGHT) + LANE_GAP

    @property
    def boxes(self) -> Iterator[Box]:
        """The statuses, each until the next one or the last change, and the bars of all lanes."""
        lanes = {lane.name: lane for lane in self.lanes}
        for (begin, status), (end, _) in pairwise([*self._course.statuses, (max(self._course.changes), "")]):
            yield Box(*self._find_extent(begin, end), 0.0, STATUS_HEIGHT, f"status {status}", status, status)
        for bar in self._course.waiting:
            extent = self._find_extent(bar.begin, bar.end)
            yield Box(*extent, lanes[bar.lane].top, QUEUE_HEIGHT, f"bar {bar.kind}", bar.title, bar.label)
        for bar in self._course.work:
            extent = self._find_extent(bar.begin, bar.end)
            yield Box(*extent, lanes[bar.lane].function_top, FUNCTION_HEIGHT, f"bar {bar.kind}", bar.title, bar.label)

    @property
    def ticks(self) -> Iterator[tuple[float, str]]:
        """Round times with their positions."""
        return ((LEFT + position, format_clock(elapsed)) for position, elapsed in self._axis.list_ticks(TICK_ROOM))

    @property
    def cuts(self) -> Iterator[tuple[float, str]]:
        """The length of each part that is cut out of the axis, and the middle of its position."""
        return ((LEFT + (cut.left + cut.right) / 2, format_duration(cut.end - cut.begin)) for cut in self._axis.cuts)

    @property
    def faults(self) -> Iterator[tuple[float, float, float, str]]:
        """Each fault's position, the top and the bottom of its lane, and its title."""
        lanes = {lane.name: lane for lane in self.lanes}
        for mark in self._course.faults:
            lane = lanes.get(mark.lane) or Lane(mark.lane, STATUS_HEIGHT)
            yield LEFT + self._axis(mark.at), lane.top, lane.bottom, mark.title

    def _find_extent(self, begin: datetime, end: datetime) -> tuple[float, float]:
        left = LEFT + self._axis(begin)
        return left, max(LEAST, LEFT + self._axis(end) - left)


def _make_lanes(used: set[str]) -> Iterator[Lane]:
    top = STATUS_HEIGHT + LANE_GAP
    for name in FUNCTIONS:
        if name in used:
            lane = Lane(name, top)
            yield lane
            top = lane.bottom + LANE_GAP
