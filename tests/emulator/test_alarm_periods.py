"""The datapoints that an alarm reads at the end of a minute, and the minutes that are evaluated."""

from typing import Any

import pytest

from agenticai.emulator.engines.ministack.alarms import (
    HALF_MINUTES,
    find_minute,
    list_evaluated_minutes,
    read_rule,
    split_into_periods,
)

ALARM: dict[str, Any] = {
    "MetricName": "m",
    "Period": 300,
    "EvaluationPeriods": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
NOON = 12 * 60 * 60


def points(*moments: float) -> list[dict[str, Any]]:
    return [{"Timestamp": moment} for moment in moments]


def test_a_period_holds_its_beginning_and_not_its_end() -> None:
    rule = read_rule(ALARM)
    assert rule
    moments = (NOON - 1201, NOON - 1200, NOON - 301, NOON - 300, NOON - 1, NOON)
    found = [
        [point["Timestamp"] - NOON for point in period] for period in split_into_periods(points(*moments), rule, NOON)
    ]
    assert found == [[-1200], [], [-301], [-300, -1]]


def test_periods_slide_by_the_minute() -> None:
    rule = read_rule(ALARM)
    assert rule
    kept = points(NOON)
    latest = [len(split_into_periods(kept, rule, NOON + 60 * minutes)[-1]) for minutes in range(7)]
    assert latest == [0, 1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(("datapoints", "wanted"), [(None, 2), (1, 1)])
def test_all_periods_have_to_breach_unless_fewer_are_named(datapoints: int | None, wanted: int) -> None:
    rule = read_rule({**ALARM, "DatapointsToAlarm": datapoints})
    assert rule
    assert (rule.datapoints_to_alarm, rule.missing) == (wanted, "missing")


@pytest.mark.parametrize("other", [{"ComparisonOperator": "LessThanLowerThreshold"}, {"MetricName": None}])
def test_bands_and_expressions_are_not_evaluated(other: dict[str, Any]) -> None:
    assert read_rule({**ALARM, **other}) is None


def test_each_minute_that_was_skipped_is_evaluated() -> None:
    [minutes] = list_evaluated_minutes(NOON, NOON + 180)
    assert list(minutes) == [NOON + 60, NOON + 120, NOON + 180]


def test_of_weeks_only_the_beginning_and_the_end_are_evaluated() -> None:
    first, last = list_evaluated_minutes(0, 14 * 24 * 60 * 60)
    assert (first[0], len(first)) == (60, HALF_MINUTES)
    assert (last[-1], len(last)) == (14 * 24 * 60 * 60, HALF_MINUTES)


def test_a_minute_begins_at_its_first_second() -> None:
    assert (find_minute(NOON - 0.1), find_minute(NOON), find_minute(NOON + 59.9)) == (NOON - 60, NOON, NOON)
