"""Slow readings happen in the background, and old ones are not shown for too long."""

from typing import TYPE_CHECKING

import pytest

from agenticai.dashboard.services.background import OLDEST_SECONDS, Latest

if TYPE_CHECKING:
    from collections.abc import Callable


class Reading:
    """Returns how often it was called; its test controls the clock and the background work."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.fault: Exception | None = None
        self.begun: list[Callable[[], None]] = []
        self.latest: Latest[int] = Latest(start=self.begun.append, clock=lambda: self.now)

    def look(self, of: object = "one") -> int:
        return self.latest.look(of, self._read)

    def _read(self) -> int:
        self.asked += 1
        if self.fault:
            raise self.fault
        return self.asked


@pytest.fixture
def reading() -> Reading:
    return Reading()


def test_a_look_has_it_read_anew_for_the_next_one(reading: Reading) -> None:
    assert [reading.look() for _ in range(3)] == [1, 1, 1]
    assert len(reading.begun) == 1, "one at a time"
    reading.begun.pop()()
    assert reading.look() == 2


def test_after_a_long_pause_a_look_waits(reading: Reading) -> None:
    reading.look()
    reading.now = OLDEST_SECONDS + 1
    assert reading.look() == 2


def test_another_one_is_asked_at_once_and_the_first_ones_answer_is_dropped(reading: Reading) -> None:
    reading.look()
    reading.look()
    assert reading.look("another") == 2
    reading.begun.pop()()
    assert reading.look("another") == 2


def test_a_fault_meanwhile_is_raised_at_the_next_look(reading: Reading) -> None:
    reading.look()
    reading.look()
    reading.fault = ValueError("no")
    reading.begun.pop()()
    with pytest.raises(ValueError, match="no"):
        reading.look()
    reading.fault = None
    assert reading.look() == 1
    reading.begun.pop()()
    assert reading.look() == 3
