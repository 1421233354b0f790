"""Scenarios on several benches: all are replayed, a lost bench fails only one, and a failed bench can be kept."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from agenticai.client.errors import ApiError
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.errors import ScenarioError
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.replay import Result
from agenticai.scenarios.replaying.replays import ReplayOptions, Replays
from tests.fakes.benches import FakeBenches
from tests.fakes.replayed import failed, result, scenario

NAMES = ("one", "two", "three")
SCENARIOS = [scenario(name) for name in NAMES]
WORKERS = 2


def passes(_: Bench, played: Scenario, **__: Any) -> Result:
    return result(played.name)


def fails(name: str) -> Callable[..., Result]:
    return lambda bench, played, **more: failed(name) if played.name == name else passes(bench, played)


def test_each_is_replayed_as_often_as_asked_on_the_benches_there_are() -> None:
    seen: list[str] = []
    replays = Replays(ReplayOptions(repeat=2), on_result=lambda ended: seen.append(ended.scenario.name), play=passes)
    benches = FakeBenches()
    with BenchPool(benches, WORKERS) as pool:
        results = replays.run(pool, SCENARIOS)
    assert sorted(seen) == sorted([*NAMES, *NAMES])
    assert [ended.scenario.name for ended in results] == seen
    assert benches.closed


def test_the_order_is_given_to_each_replay() -> None:
    given: list[dict[str, Any]] = []

    def play(_: Bench, played: Scenario, **more: Any) -> Result:
        more["on_event"]("settle")
        given.append(more)
        return result(played.name)

    works: list[tuple[str, str]] = []
    replays = Replays(ReplayOptions(seed=7), on_work=lambda played, text: works.append((played.name, text)), play=play)
    with BenchPool(FakeBenches(), 1) as pool:
        replays.run(pool, SCENARIOS[:1])
    assert (given[0]["seed"], given[0]["keep_failed"], works) == (7, False, [("one", "settle")])


def test_a_bench_that_is_lost_fails_its_scenario_and_no_other() -> None:
    def play(bench: Bench, played: Scenario, **_: Any) -> Result:
        if played.name == "two":
            raise ApiError("the API does not answer")
        return passes(bench, played)

    with BenchPool(FakeBenches(), WORKERS) as pool:
        results = {ended.scenario.name: ended for ended in Replays(ReplayOptions(), play=play).run(pool, SCENARIOS)}
    assert results["two"].unmet == ("The bench was lost: the API does not answer",)
    assert results["one"].passed
    assert results["three"].passed


def test_without_any_bench_there_is_no_run() -> None:
    with (
        BenchPool(FakeBenches(ends_badly=True), WORKERS) as pool,
        pytest.raises(ScenarioError, match="no engine to be had"),
    ):
        Replays(ReplayOptions(), play=passes).run(pool, SCENARIOS)


def test_the_first_that_fails_is_kept_with_its_bench_while_it_is_looked_at() -> None:
    benches, looked = FakeBenches(), threading.Event()

    def look_at(bench: Bench, kept: Result) -> None:
        assert kept.scenario.name == "two"
        assert bench not in benches.closed
        looked.set()

    with BenchPool(benches, 1) as pool:
        results = Replays(ReplayOptions(keep=True), look_at=look_at, play=fails("two")).run(pool, SCENARIOS)
    assert looked.is_set()
    assert [ended.scenario.name for ended in results] == ["one", "two"]
    assert benches.closed == benches.started


def test_without_keep_all_are_replayed_although_one_fails() -> None:
    with BenchPool(FakeBenches(), 1) as pool:
        results = Replays(ReplayOptions(), play=fails("one")).run(pool, SCENARIOS)
    assert [ended.passed for ended in results] == [False, True, True]
