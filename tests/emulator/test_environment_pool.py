"""Which environment runs an invocation: the first that can."""

import threading
from dataclasses import dataclass, field

import pytest

from agenticai.emulator.engines.environment_pool import MOST_INITIALISING, find_first_free, start_ahead


@dataclass(eq=False)
class FakeLease:
    """An environment whose init ends when a test says so, or immediately."""

    in_use: bool = True
    last_used: float = 0.0
    started: bool = False
    ready: threading.Event = field(default_factory=threading.Event)
    ready_at_once: bool = False
    broken: bool = False
    begun: threading.Event = field(default_factory=threading.Event)

    @property
    def initialised(self) -> bool:
        return self.ready.is_set()

    def begin_init(self) -> None:
        self.started = not self.broken
        self.begun.set()
        if self.ready_at_once:
            self.ready.set()


def initialised(*, in_use: bool) -> FakeLease:
    lease = FakeLease(in_use=in_use, started=True)
    lease.ready.set()
    return lease


@pytest.fixture
def lock() -> threading.Lock:
    return threading.Lock()


def test_the_only_environment_is_started_and_returned(lock: threading.Lock) -> None:
    new = FakeLease(ready_at_once=True)
    assert find_first_free(new, [new], lock) is new
    assert new.in_use


def test_one_that_is_free_already_is_taken_and_the_new_one_is_not_even_started(lock: threading.Lock) -> None:
    new, free = FakeLease(), initialised(in_use=False)
    pool = [free, new]
    assert find_first_free(new, pool, lock) is free
    assert free.in_use
    assert pool == [free]
    assert not new.begun.is_set()


def test_a_busy_one_that_becomes_free_during_init_is_taken_and_the_new_one_stays_for_the_next(
    lock: threading.Lock,
) -> None:
    new, busy = FakeLease(), initialised(in_use=True)
    pool = [busy, new]

    def release_when_begun() -> None:
        new.begun.wait(60)
        busy.in_use = False

    releasing = threading.Thread(target=release_when_begun)
    releasing.start()
    assert find_first_free(new, pool, lock) is busy
    releasing.join()
    assert pool == [busy, new]
    assert not new.in_use


def test_the_new_one_is_returned_when_no_other_becomes_free(lock: threading.Lock) -> None:
    new, busy = FakeLease(ready_at_once=True), initialised(in_use=True)
    assert find_first_free(new, [busy, new], lock) is new


def test_no_more_are_initialised_at_once_than_the_machine_can_carry(lock: threading.Lock) -> None:
    starting = [FakeLease(started=True) for _ in range(MOST_INITIALISING)]
    new = FakeLease(ready_at_once=True)
    pool = [*starting, new]
    leased: list[FakeLease] = []
    waiting = threading.Thread(target=lambda: leased.append(find_first_free(new, pool, lock)))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    assert not new.begun.is_set()

    starting[0].ready.set()
    waiting.join(60)
    assert leased == [new]


def test_one_that_cannot_be_started_is_returned_for_the_invocation_to_report(lock: threading.Lock) -> None:
    new = FakeLease(broken=True)
    assert find_first_free(new, [new], lock) is new


def test_starting_ahead_goes_one_by_one_in_order() -> None:
    order: list[str] = []
    start_ahead([lambda: order.append("a"), lambda: order.append("b")]).join(60)
    assert order == ["a", "b"]
