"""Evaluates the state of a CloudWatch alarm from the latest datapoints of its metric.

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
"""A period's value; None if the period has no data."""

SPARE_PERIODS: Final = 2
"""How many periods an alarm reads beyond its EvaluationPeriods, to compensate for missing data."""

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
        """The number of periods that are read: the evaluation range."""
        return self.evaluation_periods + SPARE_PERIODS

    @property
    def range_s(self) -> int:
        """The evaluation range in seconds."""
        return self.periods_read * self.period_s

    def breaches(self, value: float) -> bool:
        """Return whether a datapoint breaches the threshold."""
        compare, _ = COMPARISONS[self.comparison]
        return compare(value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """The new state of an alarm, and the reason."""

    state: AlarmState
    reason: str


def evaluate(rule: AlarmRule, datapoints: Sequence[Datapoint], state: AlarmState) -> Verdict:
    """Return the state after `state`; `datapoints` are those of the evaluation range, the oldest first.

    The treatment of missing data applies only if there are fewer datapoints than EvaluationPeriods.
    """
    values = [value for value in datapoints if value is not None][-rule.evaluation_periods :]
    breaching = sum(rule.breaches(value) for value in values)
    absent = rule.evaluation_periods - len(values)
    return Verdict(
        _decide_state(rule, datapoints, len(values), breaching, state),
        _describe_reason(rule, values, breaching, absent),
    )


def _decide_state(
    rule: AlarmRule, datapoints: Sequence[Datapoint], present: int, breaching: int, state: AlarmState
) -> AlarmState:
    absent = rule.evaluation_periods - present
    assumed = absent if rule.missing == "breaching" else 0
    if breaching + assumed >= rule.datapoints_to_alarm:
        return "ALARM"
    if absent == 0 or rule.missing in ("breaching", "notBreaching") or breaching < present:
        return "OK"
    if rule.missing == "ignore":
        return state
    if present == 0:
        return "INSUFFICIENT_DATA"
    return "ALARM" if _find_oldest_age(rule, datapoints) >= rule.datapoints_to_alarm else state


def _find_oldest_age(rule: AlarmRule, datapoints: Sequence[Datapoint]) -> int:
    """Return the age in periods of the oldest datapoint in the evaluation periods, the latest being 1; 0 if none.

    If all existing datapoints breach, one that is old enough suffices: missing data since then does not end an alarm.
    """
    latest = datapoints[-rule.evaluation_periods :]
    return next((len(latest) - index for index, value in enumerate(latest) if value is not None), 0)


def _describe_reason(rule: AlarmRule, values: Sequence[float], breaching: int, absent: int) -> str:
    _, words = COMPARISONS[rule.comparison]
    formatted = ", ".join(f"{value:g}" for value in values)
    parts = []
    if values:
        parts.append(
            f"{breaching} of the latest {len(values)} datapoints [{formatted}] breach: "
            f"{words} the threshold ({rule.threshold:g}), {rule.datapoints_to_alarm} make an alarm"
        )
    if absent:
        parts.append(f"{absent} of {rule.evaluation_periods} periods have no data, which is treated as {rule.missing}")
    return f"Threshold Crossed: {'; '.join(parts)}." if values else f"{parts[0]}."
