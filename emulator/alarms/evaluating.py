"""The state of a CloudWatch alarm, from the latest datapoints of its metric.

See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html and, on missing data,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agenticai.emulator.core.bench_records import AlarmState

Missing = Literal["missing", "ignore", "breaching", "notBreaching"]
Datapoint = float | None
"""A period's value; None where no data came in the period."""

SPARE_PERIODS: Final = 2
"""How many periods more than its EvaluationPeriods an alarm reads, to make up for missing ones."""

COMPARISONS: Final[Mapping[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class AlarmRule:
    """When an alarm is in ALARM: `datapoints_to_alarm` of the latest `evaluation_periods` breach the threshold."""

    period_s: int
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    comparison: str
    missing: Missing = "missing"

    @property
    def periods_read(self) -> int:
        """How many periods are read: the evaluation range."""
        return self.evaluation_periods + SPARE_PERIODS

    @property
    def range_s(self) -> int:
        """How far back the alarm reads."""
        return self.periods_read * self.period_s

    def breaches(self, value: float) -> bool:
        """Return whether a datapoint is outside of the threshold."""
        compare, _ = COMPARISONS[self.comparison]
        return compare(value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """The state that an alarm has from now on, and why."""

    state: AlarmState
    reason: str


def evaluate(rule: AlarmRule, datapoints: Sequence[Datapoint], state: AlarmState) -> Verdict:
    """Return the state that follows on `state`; `datapoints` are those of the periods read, the oldest first.

    What `missing` says is used only where fewer datapoints than EvaluationPeriods were found.
    """
    found = [value for value in datapoints if value is not None][-rule.evaluation_periods :]
    breaching = sum(rule.breaches(value) for value in found)
    absent = rule.evaluation_periods - len(found)
    return Verdict(_state(rule, datapoints, len(found), breaching, state), _reason(rule, found, breaching, absent))


def _state(
    rule: AlarmRule, datapoints: Sequence[Datapoint], found: int, breaching: int, state: AlarmState
) -> AlarmState:
    absent = rule.evaluation_periods - found
    assumed = absent if rule.missing == "breaching" else 0
    if breaching + assumed >= rule.datapoints_to_alarm:
        return "ALARM"
    if absent == 0 or rule.missing in ("breaching", "notBreaching") or breaching < found:
        return "OK"
    if rule.missing == "ignore":
        return state
    if found == 0:
        return "INSUFFICIENT_DATA"
    return "ALARM" if _oldest_age(rule, datapoints) >= rule.datapoints_to_alarm else state


def _oldest_age(rule: AlarmRule, datapoints: Sequence[Datapoint]) -> int:
    """Return how many periods ago the oldest datapoint of the evaluation periods is, the latest being 1; 0 for none.

    Where all that is there is breaching, one that is old enough suffices: that none came since then is no relief.
    """
    latest = datapoints[-rule.evaluation_periods :]
    return next((len(latest) - index for index, value in enumerate(latest) if value is not None), 0)


def _reason(rule: AlarmRule, found: Sequence[float], breaching: int, absent: int) -> str:
    _, words = COMPARISONS[rule.comparison]
    values = ", ".join(f"{value:g}" for value in found)
    parts = []
    if found:
        parts.append(
            f"{breaching} of the latest {len(found)} datapoints [{values}] breach: "
            f"{words} the threshold ({rule.threshold:g}), {rule.datapoints_to_alarm} make an alarm"
        )
    if absent:
        parts.append(f"{absent} of {rule.evaluation_periods} periods have no data, which is treated as {rule.missing}")
    return f"Threshold Crossed: {'; '.join(parts)}." if found else f"{parts[0]}."
