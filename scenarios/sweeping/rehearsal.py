"""Replays a scenario under faults only to see how it ends, again and again on one bench."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from agenticai.emulator.faults.rules import Fault
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import ScenarioError, StepFailed
from agenticai.scenarios.format.expected import Expectation
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.invariants.reading import read_items
from agenticai.scenarios.replaying.naming import map_queue_names
from agenticai.scenarios.replaying.replay import Result, replay
from agenticai.scenarios.sweeping.ending import Ending, ProjectEnd

LATER_SECONDS: Final = 120.0
"""The time skipped between two replays on a bench. It makes what a warm function caches (the API's token, for a minute)
stale, so that it makes the calls of a cold one, and the n-th call is the same one in every replay.
"""


def make_trial_runner(scenario: Scenario) -> Callable[[Bench, Sequence[Fault]], Ending]:
    """Return a function that replays a scenario with faults in addition to its own. Its expectations are ignored.

    Raises `StepFailed` if the scenario did not settle; the bench must not be used after that.
    """
    bare = scenario.model_copy(update={"expect": Expectation()})

    def rehearse(bench: Bench, faults: Sequence[Fault]) -> Ending:
        result = replay(bench, bare, faults=faults)
        if result.stuck:
            raise StepFailed("; ".join((*result.not_taken, *result.stuck, *map(str, result.violations))))
        return _read_ending(bench, result)

    return rehearse


def replay_without_faults(scenario: Scenario, bench: Bench) -> Ending:
    """Return the end of the scenario without added faults. Raises `ScenarioError` if the scenario does not pass."""
    result = replay(bench, scenario)
    faults = [*result.unmet, *map(str, result.violations)]
    if faults:
        raise ScenarioError(f"{scenario.name} fails even without added faults; fix that first. {faults[0]}")
    return _read_ending(bench, result)


def _read_ending(bench: Bench, result: Result) -> Ending:
    """Skip time before the next replay, and return the end of this one, without the scenario's own faults."""
    with bench.control() as control:
        control.advance(LATER_SECONDS)
    dynamodb, table = bench.target.client("dynamodb"), bench.outputs.table_name
    return Ending(
        projects={
            name: ProjectEnd.of(read_items(dynamodb, table, project.id)) for name, project in result.projects.items()
        },
        dead_letters={agent: len(bodies) for agent, bodies in result.dead_letters.items()},
        not_taken=result.not_taken,
        violations=result.violations,
        fired=tuple(fired for fired in result.fired if fired.rule >= len(result.scenario.faults)),
        calls=result.calls,
        deliveries=_count_deliveries(bench, result),
    )


def _count_deliveries(bench: Bench, result: Result) -> dict[str, int]:
    invoked = Counter(invocation.function for invocation in result.invocations)
    queues = map_queue_names(bench.outputs)
    functions = bench.outputs.function_names
    return {queue: invoked[functions[agent]] for agent, queue in queues.items() if invoked[functions[agent]]}
