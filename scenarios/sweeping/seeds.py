"""Tries seeds: each makes a schedule of faults, and a schedule that breaks something is shrunk to a minimal one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import yaml

from agenticai.emulator.faults.rules import Fault
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.sweeping.ending import Ending
from agenticai.scenarios.sweeping.judging import (
    RunTrial,
    TrialJudgement,
    TrialVerdict,
    await_verdict,
    judge_trial,
    judge_trials,
)
from agenticai.scenarios.sweeping.schedules import FaultSites, make_schedule, may_end_otherwise, shrink


@dataclass(frozen=True)
class SeedResult:
    """A seed, the schedule that it made, and the verdict."""

    seed: int
    faults: tuple[Fault, ...]
    judged: TrialJudgement


def try_seeds(
    pool: BenchPool, rehearse: RunTrial, clean: Ending, sites: FaultSites, seeds: Iterable[int]
) -> Iterator[SeedResult]:
    """Try the seeds on the pool's benches, and yield the results in the order in which they end."""
    schedules = {seed: make_schedule(seed, sites) for seed in seeds}
    trials = {seed: partial(_judge_schedule, rehearse, clean, faults) for seed, faults in schedules.items()}
    for seed, judgement in judge_trials(pool, trials):
        yield SeedResult(seed, schedules[seed], judgement)


def shrink_result(pool: BenchPool, rehearse: RunTrial, clean: Ending, result: SeedResult) -> SeedResult | None:
    """Return the result with the fewest and simplest faults that still break something, and what those break.

    Returns None if the whole schedule breaks nothing when it is tried again.
    """
    last = result.judged

    def fails(faults: Sequence[Fault]) -> bool:
        nonlocal last
        judgement = await_verdict(pool.submit(partial(_judge_schedule, rehearse, clean, faults)))
        if judgement.verdict is not TrialVerdict.VIOLATED:
            return False
        last = judgement
        return True

    if not fails(result.faults):
        return None
    faults = shrink(result.faults, fails)
    return SeedResult(result.seed, faults, last)


def write_yaml(faults: Sequence[Fault]) -> str:
    """Return the faults in the format of a scenario file."""
    rules = [fault.model_dump(mode="json", exclude_defaults=True) for fault in faults]
    return str(yaml.safe_dump({"faults": rules}, sort_keys=False, default_flow_style=None, width=120))


def _judge_schedule(rehearse: RunTrial, clean: Ending, faults: Sequence[Fault], bench: Bench) -> TrialJudgement:
    return judge_trial(rehearse, clean, faults, bench, same_end=not may_end_otherwise(faults))
