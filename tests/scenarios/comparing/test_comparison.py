"""Scenarios compared on the benches of several targets: which bench plays what, and the result."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.comparing.comparison import ComparisonReport, ScenarioComparison, TargetComparison
from agenticai.scenarios.comparing.observation import Observation
from agenticai.scenarios.format.errors import ScenarioError
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.replay import Result, explain_missing_capabilities
from agenticai.stack.target import Capability, Target
from tests.fakes.benches import FakeBenches
from tests.fakes.observed import observation
from tests.fakes.replayed import failed, result, scenario

EMBEDDED = Target.embedded()
OTHER = Target.gateway("Other 1.0", "http://127.0.0.1:1", frozenset({Capability.METER, Capability.CONTROL}))
TARGETS = {"embedded": EMBEDDED, "other": OTHER}

Look = Callable[..., Observation]


def play(bench: Bench, played: Scenario, name: str, **_: object) -> Observation:
    lacking = explain_missing_capabilities(bench.target, played)
    return observation(name, Result(played, 0, skipped=lacking) if lacking else result(played.name))


@contextmanager
def comparing(look: Look = play, **targets: Target) -> Iterator[TargetComparison]:
    with ExitStack() as opened:
        pools = {
            name: opened.enter_context(BenchPool(FakeBenches(target=target), 1))
            for name, target in (targets or TARGETS).items()
        }
        yield TargetComparison(pools, look=look)


def compare(
    *scenarios: Scenario, named: bool = False, look: Look = play, **targets: Target
) -> list[ScenarioComparison]:
    with comparing(look, **targets) as comparison:
        return list(comparison.compare(scenarios, named=named))


def test_every_scenario_is_played_on_every_target_and_compared_in_order() -> None:
    compared = compare(scenario("b"), scenario("a"))
    assert [(one.name, one.verdict) for one in compared] == [("b", "same"), ("a", "same")]
    assert [[seen.target for seen in one.observations] for one in compared] == [["embedded", "other"]] * 2


def test_what_needs_skipped_time_is_skipped_by_name_and_played_nowhere() -> None:
    def refuse(*_: object, **__: object) -> Observation:
        pytest.fail("it was played")

    (skipped,) = compare(scenario(skips_time=True), look=refuse)
    assert (skipped.verdict, skipped.observations) == ("skipped", ())
    assert skipped.skipped == "Other 1.0 cannot skip time and delivers messages on its own"


def test_of_three_targets_two_that_can_are_compared() -> None:
    (compared,) = compare(scenario(skips_time=True), named=True, one=EMBEDDED, two=OTHER, three=EMBEDDED)
    assert compared.verdict == "same"
    assert [seen.report.outcome for seen in compared.observations] == ["passed", "skipped", "passed"]


def test_many_projects_at_once_are_compared_only_by_name() -> None:
    many = scenario(projects={"hello": {"name": "Hello", "requirements": "It greets.", "copies": 11}})
    assert "11 projects at once" in compare(many)[0].skipped
    assert compare(many, named=True)[0].verdict == "same"


def test_the_others_are_compared_with_the_first() -> None:
    def look(bench: Bench, played: Scenario, name: str, **_: object) -> Observation:
        return observation(name, failed(played.name) if name == "other" else result(played.name))

    (compared,) = compare(scenario(), look=look)
    assert compared.verdict == "different"
    assert {(each.first_target, each.other_target) for each in compared.differences} == {("embedded", "other")}


def test_a_bench_that_is_lost_fails_its_scenario_and_the_next_is_played() -> None:
    def look(bench: Bench, played: Scenario, name: str, **_: object) -> Observation:
        if (played.name, name) == ("a", "other"):
            raise ScenarioError("it is gone")
        return play(bench, played, name)

    lost, following = compare(scenario("a"), scenario("b"), look=look)
    assert lost.observations[1].report.unmet == ("The bench was lost: it is gone",)
    assert (lost.verdict, following.verdict) == ("different", "same")


def test_a_target_that_does_not_start_ends_it_with_its_reason() -> None:
    with BenchPool(FakeBenches(ends_badly=True), 1) as pool, pytest.raises(ScenarioError, match="no engine to be had"):
        TargetComparison({"localstack": pool})


@pytest.mark.parametrize(("verdicts", "passed"), [("s", True), ("sk", True), ("k", False), ("sd", False), ("", False)])
def test_a_comparison_passes_where_something_was_compared_and_nothing_differs(verdicts: str, passed: bool) -> None:
    made = {
        "s": compare(scenario())[0],
        "k": ScenarioComparison(name="skipped", skipped="it cannot"),
        "d": compare(scenario(), look=lambda _, __, name, **___: observation(name, calls={("client", "s3", name): 1}))[
            0
        ],
    }
    report = ComparisonReport(engines={}, scenarios=tuple(made[verdict] for verdict in verdicts))
    assert report.passed is passed
