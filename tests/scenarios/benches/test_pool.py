"""Jobs on several benches: distributed, notified of a lost bench, and ended with their engines on an interruption."""

import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import cast

import pytest

from agenticai.client.errors import ApiError
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.errors import BenchLost, ScenarioError
from tests.fakes.benches import FakeBenches, FakeEngine


def test_jobs_are_shared_by_the_benches_and_all_are_taken_away() -> None:
    benches, meeting = FakeBenches(), threading.Barrier(2)

    def job(bench: Bench) -> int:
        meeting.wait(timeout=60)  # passes only if two jobs run at the same time
        return id(bench)

    with BenchPool(benches, 2) as pool:
        used = {future.result() for future in [pool.submit(job) for _ in range(2)]}
    assert used == {id(bench) for bench in benches.started}
    assert len(benches.closed) == 2


def test_a_bench_on_which_a_job_raised_is_replaced_and_the_others_jobs_go_on() -> None:
    benches = FakeBenches()

    def refused(bench: Bench) -> Bench:
        raise ApiError("GET / was answered with 500")

    with BenchPool(benches, 1) as pool:
        lost, after = pool.submit(refused), pool.submit(lambda bench: bench)
        with pytest.raises(BenchLost, match="answered with 500") as caught:
            lost.result(timeout=60)
        assert after.result(timeout=60) is benches.started[1]
    assert not caught.value.crashed
    assert isinstance(caught.value.__cause__, ApiError)


def test_an_engine_that_ended_is_said_to_have_crashed() -> None:
    def crash(bench: Bench) -> None:
        cast("FakeEngine", bench.engine).running = False
        raise ScenarioError("the connection was reset")

    with BenchPool(FakeBenches(), 1) as pool, pytest.raises(BenchLost) as caught:
        pool.submit(crash).result(timeout=60)
    assert caught.value.crashed


def test_where_no_bench_starts_the_jobs_say_why() -> None:
    with BenchPool(FakeBenches(ends_badly=True), 2) as pool:
        for _ in range(3):
            with pytest.raises(ScenarioError, match="no engine to be had"):
                pool.submit(lambda bench: bench).result(timeout=60)


def test_jobs_that_have_not_begun_are_cancelled_when_the_pool_is_left() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def job(bench: Bench) -> str:
        begun.set()
        go_on.wait(timeout=60)
        return "done"

    with BenchPool(FakeBenches(), 1) as pool:
        running, *waiting = [pool.submit(job) for _ in range(4)]
        assert begun.wait(timeout=60)
        pool.close()
        go_on.set()
    assert running.result() == "done"
    assert all(future.cancelled() for future in waiting)


def test_an_interruption_ends_the_engines_on_which_jobs_run() -> None:
    benches, begun = FakeBenches(), threading.Event()

    def job(bench: Bench) -> None:
        begun.set()
        assert cast("FakeEngine", bench.engine).ended.wait(timeout=60)
        raise ApiError("the API does not answer")

    def interrupted(pool: BenchPool) -> list[Future[None]]:
        jobs = [pool.submit(job), pool.submit(job)]
        with suppress(KeyboardInterrupt), pool:
            assert begun.wait(timeout=60)
            raise KeyboardInterrupt
        return jobs

    running, waiting = interrupted(BenchPool(benches, 1))
    assert isinstance(running.exception(timeout=0), BenchLost)
    assert waiting.cancelled()
    assert len(benches.started) == 1
