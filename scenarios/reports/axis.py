"""A time axis on which long periods without any change are shortened, so that 90 minutes fit next to 90 ms."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

LONG_SECONDS: Final = 10.0
"""A longer stretch is shortened."""

CUT_SHARE: Final = 0.12
CUT_SECONDS: Final = 0.4
"""The drawn length of a shortened stretch: this share of all others together, and at least this time."""

STEPS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)


@dataclass(frozen=True)
class Stretch:
    """The time between two changes, in seconds from the first change, and where it is drawn."""

    begin: float
    end: float
    left: float
    right: float

    @property
    def is_cut(self) -> bool:
        """Whether it is drawn shorter than it took."""
        return self.end - self.begin > LONG_SECONDS


class Axis:
    """Maps times to positions from 0 to `width`."""

    def __init__(self, changes: Iterable[datetime], width: float) -> None:
        moments = sorted(set(changes))
        self._origin = moments[0]
        seconds = [self._count_seconds(moment) for moment in moments]
        lengths = [end - begin for begin, end in pairwise(seconds)]
        cut = max(CUT_SECONDS, CUT_SHARE * sum(length for length in lengths if length <= LONG_SECONDS))
        drawn = [length if length <= LONG_SECONDS else cut for length in lengths]
        self._scale = width / (sum(drawn) or 1.0)
        self._stretches: list[Stretch] = []
        left = 0.0
        for (begin, end), length in zip(pairwise(seconds), drawn, strict=True):
            right = left + length * self._scale
            self._stretches.append(Stretch(begin, end, left, right))
            left = right

    def __call__(self, moment: datetime) -> float:
        """Return the position of a time."""
        return self._find_position(self._count_seconds(moment))

    @property
    def cuts(self) -> list[Stretch]:
        """The shortened stretches."""
        return [stretch for stretch in self._stretches if stretch.is_cut]

    def list_ticks(self, room: float) -> Iterator[tuple[float, timedelta]]:
        """Yield round times with their positions, at least `room` from each other and from shortened stretches."""
        step = next((step for step in STEPS if step * self._scale >= room), STEPS[-1])
        taken = [(cut.left + cut.right) / 2 for cut in self.cuts]
        for stretch in self._stretches:
            if stretch.is_cut:
                continue
            for number in range(-int(-stretch.begin // step), int(stretch.end // step) + 1):
                position = self._find_position(number * step)
                if all(abs(position - other) >= room for other in taken):
                    taken.append(position)
                    yield position, timedelta(seconds=number * step)

    def _count_seconds(self, moment: datetime) -> float:
        return (moment - self._origin).total_seconds()

    def _find_position(self, seconds: float) -> float:
        index = bisect_right(self._stretches, seconds, key=lambda stretch: stretch.begin) - 1
        if index < 0:
            return 0.0
        stretch = self._stretches[index]
        share = min(1.0, (seconds - stretch.begin) / (stretch.end - stretch.begin))
        return stretch.left + share * (stretch.right - stretch.left)
