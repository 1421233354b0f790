"""The sweep: a scenario is replayed once for each call that its functions make, with a fault at that call."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from agenticai.emulator.faults.rules import Call, CallFault, DeliverAgain, Kill, RecordedCall
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.errors import ScenarioError
from agenticai.scenarios.sweeping.ending import Ending
from agenticai.scenarios.sweeping.judging import RunTrial, TrialJudgement, judge_trial, judge_trials

Side = Literal["before", "after", "again"]
"""The function is killed before or after its call, or its message is delivered again, and handled, before the call."""

KILLS: Final[tuple[Side, ...]] = ("before", "after")
SIDES: Final[Mapping[str, tuple[Side, ...]]] = {
    "before": ("before",),
    "after": ("after",),
    "both": KILLS,
    "again": ("again",),
    "all": (*KILLS, "again"),
}
"""The sides by the value of the option."""


@dataclass(frozen=True)
class Case:
    """One call of a clean run, and the fault at it.

    `nth` counts the calls of this operation by this function, from 1: so a case stays the same if a parameter that a
    function caches is read once more or once less.
    """

    function: str
    service: str
    operation: str
    nth: int
    side: Side

    def __str__(self) -> str:
        return f"{self.function}:{self.service}.{self.operation}:{self.nth}:{self.side}"

    @property
    def fault(self) -> CallFault:
        """The rule that causes the fault."""
        when = Call(function=self.function, service=self.service, operation=self.operation, nth=self.nth)
        if self.side == "again":
            return CallFault(when=when, then=DeliverAgain(do="deliver again"))
        return CallFault(when=when, then=Kill(do="kill", side=self.side))

    @classmethod
    def parse(cls, text: str) -> "Case":
        """Parse a case; raises `ScenarioError`."""
        match text.split(":"):
            case [function, call, nth, ("before" | "after" | "again") as side] if (
                call.count(".") == 1 and nth.isdecimal() and int(nth)
            ):
                service, operation = call.split(".")
                return cls(function, service, operation, int(nth), side)
        raise ScenarioError(
            f"{text!r} is not a case: write it as function:service.operation:number:side, as the sweep prints it."
        )


def list_cases(
    calls: Sequence[RecordedCall], sides: Sequence[Side] = KILLS, *, synchronous: Collection[str] = ()
) -> Iterator[Case]:
    """Yield the cases of a clean run: those of the first side in the order of the calls, then those of the next.

    `synchronous` are the functions that handle no messages, so they have no redelivery.
    """
    for side in sides:
        counts: Counter[tuple[str, str, str]] = Counter()
        for call in calls:
            key = (call.function, call.service, call.operation)
            counts[key] += 1
            if side != "again" or call.function not in synchronous:
                yield Case(*key, counts[key], side)


@dataclass(frozen=True)
class CaseResult:
    """A case and its verdict."""

    case: Case
    judged: TrialJudgement


def sweep(pool: BenchPool, rehearse: RunTrial, clean: Ending, cases: Iterable[Case]) -> Iterator[CaseResult]:
    """Try the cases on the pool's benches, and yield the results in the order in which they end."""
    trials = {case: partial(judge_trial, rehearse, clean, (case.fault,)) for case in cases}
    for case, judgement in judge_trials(pool, trials):
        yield CaseResult(case, judgement)
