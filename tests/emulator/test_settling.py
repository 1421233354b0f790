"""Settling: all possible work is done, and waits are skipped in the order in which they end."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.settling import Unsettled, settle

MINUTE = 60.0


class FakeMessages:
    """Messages that become visible at given times, and are processed immediately when delivered."""

    def __init__(self, *delays_s: float) -> None:
        self.visible_at = sorted(time.time() + delay for delay in delays_s)
        self.delivered_at: list[float] = []

    def deliver_one(self) -> bool:
        if not self.can_deliver():
            return False
        self.visible_at.pop(0)
        self.delivered_at.append(time.time())
        return True

    def can_deliver(self) -> bool:
        return bool(self.visible_at) and self.visible_at[0] <= time.time()

    def list_due_times(self) -> list[float]:
        return [moment for moment in self.visible_at if moment > time.time()]

    def poll_now(self) -> None:
        pass


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


@pytest.fixture
def activity() -> Activity:
    return Activity()


def test_nothing_to_do_is_quiet_at_once(clock: Clock, activity: Activity) -> None:
    settled = settle(FakeMessages(), activity, clock, deliveries=None, skip=True, timeout_s=60)
    assert (settled.quiet, settled.deliveries, settled.skipped_s) == (True, 0, 0)


def test_delays_are_skipped_and_every_message_is_delivered_when_it_is_due(clock: Clock, activity: Activity) -> None:
    messages, began = FakeMessages(0, 90 * MINUTE, 5 * MINUTE), time.time()
    settled = settle(messages, activity, clock, deliveries=None, skip=True, timeout_s=60)
    assert settled.quiet
    assert [round((at - began) / MINUTE) for at in messages.delivered_at] == [0, 5, 90]
    assert settled.skipped_s == pytest.approx(90 * MINUTE, abs=5)


def test_it_stops_after_so_many_deliveries(clock: Clock, activity: Activity) -> None:
    messages = FakeMessages(0, 0, MINUTE)
    settled = settle(messages, activity, clock, deliveries=2, skip=True, timeout_s=60)
    assert (settled.quiet, settled.deliveries, settled.skipped_s) == (False, 2, 0)


def test_without_skipping_it_gives_up_when_its_real_time_is_over(clock: Clock, activity: Activity) -> None:
    with pytest.raises(Unsettled, match=r"still busy after 0\.2 s"):
        settle(FakeMessages(MINUTE), activity, clock, deliveries=None, skip=False, timeout_s=0.2)


def test_an_invocation_that_only_waits_is_jumped_over(clock: Clock, activity: Activity) -> None:
    waits, woke = threading.Event(), threading.Event()

    def work() -> None:
        until = time.time() + 10 * MINUTE
        with clock.on_jump(woke.set), activity.invocation("one"), activity.waiting("one", until):
            waits.set()
            while time.time() < until:
                woke.wait()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        waits.wait()
        settled = settle(FakeMessages(), activity, clock, deliveries=None, skip=True, timeout_s=60)
        working.result(60)
    assert settled.quiet
    assert settled.skipped_s == pytest.approx(10 * MINUTE, abs=5)


def test_what_is_held_ends_it_and_is_let_go_by_the_next(clock: Clock, activity: Activity) -> None:
    def work() -> None:
        with activity.invocation("one"):
            activity.hold("one")

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while not activity.held:
            activity.await_change(0.1)
        looking = Activity()
        assert looking.idle
        again = settle(FakeMessages(), activity, clock, deliveries=None, skip=True, timeout_s=60)
        working.result(60)
    assert again.quiet
    assert not again.held
