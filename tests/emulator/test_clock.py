"""The engine's clock: skipped time is seen by all, and ends every wait for it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from agenticai.emulator.core.clock import Clock

HOUR = 3_600


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


def test_what_is_skipped_is_seen_by_every_clock_of_the_process(clock: Clock) -> None:
    real = time.monotonic()
    before = time.time()
    clock.advance(HOUR)
    clock.advance(0.5)
    passed = time.monotonic() - real
    for seen in (time.time(), time.time_ns() / 1e9, datetime.now(UTC).timestamp(), clock.now().timestamp()):
        assert seen - before == pytest.approx(HOUR + 0.5 + passed, abs=0.5)
    assert clock.ahead_s == HOUR + 0.5
    assert clock.now().tzinfo is UTC


def test_time_goes_on_after_a_jump(clock: Clock) -> None:
    clock.advance(HOUR)
    after = time.time()
    assert any(time.time() > after for _ in range(10_000_000))


def test_the_clock_shows_real_time_again_when_it_is_closed(clock: Clock) -> None:
    before = time.time()
    clock.advance(HOUR)
    clock.close()
    assert time.time() - before < HOUR


@pytest.mark.parametrize("seconds", [0, -1])
def test_the_clock_only_goes_forward(clock: Clock, seconds: float) -> None:
    with pytest.raises(ValueError, match="only goes forward"):
        clock.advance(seconds)


def test_whoever_listens_is_told_and_nobody_else(clock: Clock) -> None:
    heard: list[str] = []
    with clock.on_jump(lambda: heard.append("one")), clock.on_jump(lambda: heard.append("two")):
        clock.advance(1)
    clock.advance(1)
    assert heard == ["one", "two"]


def test_a_sleep_ends_when_its_time_was_skipped(clock: Clock) -> None:
    async def sleep() -> None:
        sleeping = asyncio.create_task(clock.sleep_until(time.time() + HOUR))
        await asyncio.sleep(0)
        await asyncio.to_thread(clock.advance, HOUR / 2)
        assert not sleeping.done()
        await asyncio.to_thread(clock.advance, HOUR / 2)
        await asyncio.wait_for(sleeping, 60)

    asyncio.run(sleep())


def test_a_moment_has_not_come_before_all_know_of_the_jump_to_it(clock: Clock) -> None:
    jumped, known = threading.Event(), threading.Event()

    def listen() -> None:
        jumped.set()
        known.wait(60)

    async def sleep() -> None:
        moment = time.time() + HOUR
        advancing = asyncio.create_task(asyncio.to_thread(clock.advance, 2 * HOUR))
        await asyncio.to_thread(jumped.wait, 60)
        sleeping = asyncio.create_task(clock.sleep_until(moment))
        done, _ = await asyncio.wait([sleeping], timeout=0.05)
        assert not done
        known.set()
        await asyncio.wait_for(sleeping, 60)
        await advancing

    with clock.on_jump(listen):
        asyncio.run(sleep())


def test_a_sleep_ends_when_its_time_has_come_without_a_jump(clock: Clock) -> None:
    moment = time.time() + 0.01
    asyncio.run(asyncio.wait_for(clock.sleep_until(moment), 60))
    assert time.time() >= moment


def test_only_the_latest_jumps_are_kept(clock: Clock) -> None:
    for _ in range(1_001):
        clock.advance(1)
    assert len(clock.jumps) == 1_000
    assert clock.ahead_s == 1_001
