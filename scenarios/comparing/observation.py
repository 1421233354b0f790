"""A scenario on one target: the report of its replay, and the calls meanwhile as far as the target counts them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, get_args

from pydantic import Field

from agenticai.emulator.core.model_records import ModelExchange
from agenticai.emulator.core.usage_records import CallCount, Caller
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.replay import OnEvent, Result, replay
from agenticai.scenarios.reports.document import ReportPart, ScenarioReport
from agenticai.stack.target import Capability, Target

LATEST: Final = 2**53
"""A cursor after all calls of the model, to get only the number of the latest one."""


class CallTotal(ReportPart):
    """How often callers of one kind called an operation."""

    caller: Caller
    service: str
    operation: str
    calls: int


class ModelTotal(ReportPart):
    """How often the language model got requests with one title, and the HTTP status of its answers."""

    title: str
    status: int
    calls: int


class Observation(ReportPart):
    """A scenario on a target, whose engine is `engine`.

    `counted` are the callers whose calls the target counts; the calls of others are unknown. `model_calls` is None if
    the target does not answer as the language model.
    """

    target: str
    engine: str
    report: ScenarioReport
    counted: tuple[Caller, ...]
    calls: tuple[CallTotal, ...] = ()
    model_calls: tuple[ModelTotal, ...] | None = Field(
        default=None, description="null if the target does not count them"
    )

    @property
    def compared(self) -> bool:
        """Whether there is something to compare."""
        return self.report.outcome != "skipped"


def list_counted_callers(target: Target) -> tuple[Caller, ...]:
    """Return the kinds of callers whose calls a target counts.

    The calls of event source mappings are counted if the engine itself delivers messages; others poll without the
    gateway. A gateway only recognises functions if it is notified of their invocations.
    """
    can = target.capabilities
    if Capability.METER not in can:
        return ()
    if Capability.STEPS in can:
        return get_args(Caller)
    return ("client", "function") if Capability.INVOCATIONS in can else ("client",)


def observe(
    bench: Bench, scenario: Scenario, name: str, *, on_event: OnEvent = lambda _: None, unsafe_run: bool = False
) -> Observation:
    """Replay a scenario on the target of this name. Raises EngineError or botocore's errors if it is unreachable."""
    if Capability.GEMINI not in bench.target.capabilities:
        result = replay(bench, scenario, on_event=on_event, unsafe_run=unsafe_run)
        return describe(name, bench.target, result, None)
    with bench.control() as control:
        before = control.model_calls(LATEST).next
        result = replay(bench, scenario, on_event=on_event, unsafe_run=unsafe_run)
        return describe(name, bench.target, result, control.model_calls(before).calls)


def describe(name: str, target: Target, result: Result, exchanges: Sequence[ModelExchange] | None) -> Observation:
    """Return the observation of a replay; `exchanges` are the calls of the language model, if known."""
    counted = list_counted_callers(target)
    return Observation(
        target=name,
        engine=target.name,
        report=ScenarioReport.of(result),
        counted=counted,
        calls=_sum_calls(row for row in result.used.calls if row.caller in counted),
        model_calls=None if exchanges is None else _sum_model_calls(exchanges),
    )


def _sum_calls(rows: Iterable[CallCount]) -> tuple[CallTotal, ...]:
    totals: Counter[tuple[Caller, str, str]] = Counter()
    for row in rows:
        totals[row.caller, row.service, row.operation] += row.calls
    return tuple(
        CallTotal(caller=caller, service=service, operation=operation, calls=calls)
        for (caller, service, operation), calls in sorted(totals.items())
    )


def _sum_model_calls(exchanges: Iterable[ModelExchange]) -> tuple[ModelTotal, ...]:
    totals = Counter((exchange.title, exchange.status) for exchange in exchanges)
    return tuple(
        ModelTotal(title=title, status=status, calls=calls) for (title, status), calls in sorted(totals.items())
    )
