"""Replays scenarios on several targets at once, and compares each scenario when all of them have finished it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final, Literal

from pydantic import Field

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.comparing.differences import Difference, find_differences
from agenticai.scenarios.comparing.observation import Observation, describe, observe
from agenticai.scenarios.format.errors import BenchLost
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.replay import Result, explain_missing_capabilities
from agenticai.scenarios.reports.document import ReportPart

MOST_PROJECTS: Final = 10
"""The maximum number of projects posted at once, unless a scenario was named: LocalStack takes half an hour for 50."""

Verdict = Literal["same", "different", "skipped"]
OnWork = Callable[[str, str], None]
"""Called from several threads with a target's name and what is being done on it."""


class ScenarioComparison(ReportPart):
    """A scenario on each of the targets; the others are compared with the first.

    `skipped` is the reason why it was compared on no target.
    """

    name: str
    skipped: str = ""
    observations: tuple[Observation, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict of the comparison."""
        return "skipped" if self.skipped else "different" if self.differences else "same"


class ComparisonReport(ReportPart):
    """A comparison of targets; `engines` names the engine of each."""

    schema_: Literal["agenticai-comparison/1"] = Field(default="agenticai-comparison/1", alias="schema")
    engines: dict[str, str]
    scenarios: tuple[ScenarioComparison, ...]

    @property
    def verdicts(self) -> Counter[Verdict]:
        """The number of scenarios by verdict."""
        return Counter(scenario.verdict for scenario in self.scenarios)

    @property
    def passed(self) -> bool:
        """Whether something was compared, and nothing differs."""
        return bool(self.verdicts["same"]) and not self.verdicts["different"]


class TargetComparison:
    """Compares scenarios on several targets, each with a pool of one bench, by the target's name."""

    def __init__(
        self,
        pools: Mapping[str, BenchPool],
        *,
        on_work: OnWork = lambda _, __: None,
        unsafe_run: bool = False,
        look: Callable[..., Observation] = observe,
    ) -> None:
        self._pools = pools
        self._on_work = on_work
        self._unsafe_run = unsafe_run
        self._observe = look
        futures = {name: pool.submit(lambda bench: bench.target) for name, pool in pools.items()}
        self._targets = {name: future.result() for name, future in futures.items()}

    @property
    def engines(self) -> dict[str, str]:
        """The name of the engine of each target."""
        return {name: target.name for name, target in self._targets.items()}

    def compare(self, scenarios: Sequence[Scenario], *, named: bool) -> Iterator[ScenarioComparison]:
        """Yield each scenario when all targets have replayed it; no target waits for another before the next scenario.

        A scenario that fewer than two targets can replay is skipped, and so is one that takes too long, unless it was
        `named`. Raises the error if no bench of a target could be started.
        """
        reasons = {scenario.name: self._explain_skipped(scenario, named=named) for scenario in scenarios}
        futures = {
            scenario.name: {name: pool.submit(self._make_job(name, scenario)) for name, pool in self._pools.items()}
            for scenario in scenarios
            if not reasons[scenario.name]
        }
        for scenario in scenarios:
            if reasons[scenario.name]:
                yield ScenarioComparison(name=scenario.name, skipped=reasons[scenario.name])
            else:
                observations = [
                    self._await_observation(name, scenario, future) for name, future in futures[scenario.name].items()
                ]
                yield compare_observations(scenario.name, observations)

    def _explain_skipped(self, scenario: Scenario, *, named: bool) -> str:
        """Return why a scenario is not compared; empty if it is."""
        lacking = [
            reason for target in self._targets.values() if (reason := explain_missing_capabilities(target, scenario))
        ]
        if len(self._targets) - len(lacking) < 2:
            return "; ".join(lacking)
        copies = sum(project.copies for project in scenario.projects.values())
        if copies > MOST_PROJECTS and not named:
            return f"{copies} projects at once take half an hour where they are worked on one after the other: name it"
        return ""

    def _make_job(self, name: str, scenario: Scenario) -> Callable[[Bench], Observation]:
        def play(bench: Bench) -> Observation:
            tell = partial(self._on_work, name)
            observation = self._observe(
                bench,
                scenario,
                name,
                on_event=lambda text: tell(f"{scenario.name}: {text}"),
                unsafe_run=self._unsafe_run,
            )
            tell("")
            return observation

        return play

    def _await_observation(self, name: str, scenario: Scenario, future: Future[Observation]) -> Observation:
        """Return what was observed; if the bench was lost, the scenario has failed."""
        try:
            return future.result()
        except BenchLost as error:
            result = Result(scenario, 0, unmet=(f"The bench was lost: {error}",))
            return describe(name, self._targets[name], result, None)


def compare_observations(scenario: str, observations: Sequence[Observation]) -> ScenarioComparison:
    """Compare what a scenario did on several targets with the first target that replayed it."""
    compared = [observation for observation in observations if observation.compared]
    differences = (difference for other in compared[1:] for difference in find_differences(compared[0], other))
    return ScenarioComparison(name=scenario, observations=tuple(observations), differences=tuple(differences))
