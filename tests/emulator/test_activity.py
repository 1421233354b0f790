"""When an invocation counts as running, as waiting, and as held."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from agenticai.emulator.engines.activity import Activity

LATER = 5_000.0


@pytest.fixture
def activity() -> Activity:
    return Activity()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


class TestRest:
    def test_at_first_it_is_idle(self, activity: Activity) -> None:
        assert (activity.idle, activity.stuck, activity.held, activity.list_due_times()) == (True, False, False, [])
        assert activity.await_rest(0)

    def test_it_is_idle_again_when_what_runs_has_ended(self, activity: Activity) -> None:
        for begun in (activity.batch(), activity.invocation("one")):
            with begun:
                assert not activity.idle
                assert not activity.await_rest(0)
            assert activity.idle

    def test_what_fails_has_ended_too(self, activity: Activity) -> None:
        with (
            pytest.raises(RuntimeError),
            activity.invocation("one"),
            activity.timeout_at(LATER),
            activity.waiting("one"),
        ):
            raise RuntimeError
        assert (activity.idle, activity.list_due_times()) == (True, [])

    def test_waiting_for_rest_ends_when_it_comes(self, activity: Activity, pool: ThreadPoolExecutor) -> None:
        with activity.batch():
            waiting = pool.submit(activity.await_rest, 5)
            assert not waiting.done()
        assert waiting.result()


class TestStuck:
    def test_an_invocation_that_waits_is_stuck_until_it_goes_on(self, activity: Activity) -> None:
        with activity.invocation("one"), activity.timeout_at(LATER):
            with activity.waiting("one", LATER - 1):
                assert activity.stuck
                assert activity.await_rest(0)
                assert sorted(activity.list_due_times()) == [LATER - 1, LATER]
            assert not activity.stuck
            assert activity.list_due_times() == [LATER]

    def test_one_that_waits_for_something_else_is_due_at_its_timeout(self, activity: Activity) -> None:
        with activity.invocation("one"), activity.timeout_at(LATER), activity.waiting("one"):
            assert activity.stuck
            assert activity.list_due_times() == [LATER]

    def test_one_of_two_that_works_keeps_time_from_being_skipped(self, activity: Activity) -> None:
        with activity.invocation("one"), activity.waiting("one", LATER), activity.invocation("two"):
            assert not activity.stuck

    def test_a_batch_whose_function_has_not_begun_keeps_time_from_being_skipped(self, activity: Activity) -> None:
        with activity.batch(), activity.invocation("one"), activity.waiting("one", LATER):
            assert activity.stuck
            with activity.batch():
                assert not activity.stuck

    def test_the_wait_of_one_that_has_ended_is_not_taken_for_that_of_the_next(self, activity: Activity) -> None:
        with activity.invocation("killed"):
            wait = activity.waiting("killed", LATER)
            wait.__enter__()
        with activity.invocation("next"):
            assert not activity.stuck
            assert activity.list_due_times() == []
        wait.__exit__(None, None, None)

    def test_a_batch_alone_is_not_stuck(self, activity: Activity) -> None:
        with activity.batch():
            assert not activity.stuck


class TestHold:
    def test_what_is_held_goes_on_when_it_is_released(self, activity: Activity, pool: ThreadPoolExecutor) -> None:
        with activity.invocation("one"):
            holding = pool.submit(activity.hold, "one")
            until_all_held(activity)
            assert not holding.done()
            activity.release()
            holding.result(60)
        assert not activity.held

    def test_all_that_is_held_is_released(self, activity: Activity, pool: ThreadPoolExecutor) -> None:
        with activity.invocation("one"), activity.invocation("two"):
            holding = [pool.submit(activity.hold, token) for token in ("one", "two")]
            until_all_held(activity)
            activity.release()
            for each in holding:
                each.result(60)

    def test_what_is_released_waits_no_more_even_before_it_goes_on(
        self, activity: Activity, pool: ThreadPoolExecutor
    ) -> None:
        with activity.invocation("one"):
            holding = pool.submit(activity.hold, "one")
            until_all_held(activity)
            activity.release()
            assert not activity.stuck  # or the time until the function's timeout would be skipped
            holding.result(60)


def until_all_held(activity: Activity) -> None:
    """Wait until every running invocation is held."""
    deadline = time.monotonic() + 60
    while not (activity.held and activity.stuck):
        assert time.monotonic() < deadline, "nothing was held in time"
        activity.await_change(0.05)
