"""Judges replays under faults: against the invariants, and against the end of the run without faults."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from agenticai.emulator.faults.rules import Fault
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.errors import BenchLost
from agenticai.scenarios.sweeping.ending import Ending, find_differences

K = TypeVar("K", bound=Hashable)

RunTrial = Callable[[Bench, Sequence[Fault]], Ending]
"""Replays a scenario with faults in addition to its own; raises if it does not come to an end."""


class TrialVerdict(StrEnum):
    """The verdict on a replay under faults."""

    SURVIVED = "survived"
    VIOLATED = "violated"
    NOT_REACHED = "not reached"
    """None of the faults was applied, so the replay proves nothing."""
    CRASHED = "engine crashed"


@dataclass(frozen=True)
class TrialJudgement:
    """The verdict on a replay, and the evidence for it."""

    verdict: TrialVerdict
    evidence: tuple[str, ...] = ()


def judge_trial(
    rehearse: RunTrial, clean: Ending, faults: Sequence[Fault], bench: Bench, *, same_end: bool = True
) -> TrialJudgement:
    """Replay under faults: the invariants must hold and, with `same_end`, the end must be that of the clean run."""
    ending = rehearse(bench, faults)
    evidence = [str(violation) for violation in ending.violations]
    if same_end:
        evidence += find_differences(clean, ending)
    if evidence:
        return TrialJudgement(TrialVerdict.VIOLATED, tuple(evidence))
    return TrialJudgement(TrialVerdict.SURVIVED if ending.fired else TrialVerdict.NOT_REACHED)


def judge_trials(
    pool: BenchPool, trials: Mapping[K, Callable[[Bench], TrialJudgement]]
) -> Iterator[tuple[K, TrialJudgement]]:
    """Run all trials on whichever benches are free, and yield the verdicts in the order in which they end."""
    keys = {pool.submit(trial): key for key, trial in trials.items()}
    for future in as_completed(keys):
        yield keys[future], await_verdict(future)


def await_verdict(trial: Future[TrialJudgement]) -> TrialJudgement:
    """Wait for a trial's verdict; a lost bench counts as a violation, or as a crash if its engine has ended."""
    try:
        return trial.result()
    except BenchLost as error:
        return TrialJudgement(TrialVerdict.CRASHED if error.crashed else TrialVerdict.VIOLATED, (str(error),))
