"""An alarm's state follows from its datapoints as described in CloudWatch's user guide."""

from collections.abc import Sequence

import pytest

from agenticai.emulator.alarms.evaluating import AlarmRule, Datapoint, Missing, evaluate
from agenticai.emulator.core.bench_records import AlarmState

TREATMENTS: tuple[Missing, ...] = ("missing", "ignore", "breaching", "notBreaching")


def rule(periods: int = 3, to_alarm: int | None = None, missing: Missing = "missing", **other: str) -> AlarmRule:
    return AlarmRule(
        period_s=60,
        evaluation_periods=periods,
        datapoints_to_alarm=to_alarm or periods,
        threshold=0,
        comparison=other.get("comparison", "GreaterThanThreshold"),
        missing=missing,
    )


def read(text: str) -> Sequence[Datapoint]:
    """Return the datapoints of a row of the user guide: X breaches, 0 does not, and - is missing."""
    return [{"X": 1.0, "0": 0.0, "-": None}[each] for each in text.split()]


KEPT = "INSUFFICIENT_DATA"
"""For rows in which the state is retained: the previous state."""


@pytest.mark.parametrize(
    ("row", "states"),
    [
        ("0 - X - X", ("OK", "OK", "OK", "OK")),
        ("- - - - 0", ("OK", "OK", "OK", "OK")),
        ("- - - - -", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_three_of_three_with_missing_data(row: str, states: tuple[AlarmState, ...]) -> None:
    found = tuple(evaluate(rule(missing=each), read(row), "INSUFFICIENT_DATA").state for each in TREATMENTS)
    assert found == states


@pytest.mark.parametrize(
    ("row", "states"),
    [
        ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_two_of_three_with_missing_data(row: str, states: tuple[AlarmState, ...]) -> None:
    found = tuple(evaluate(rule(to_alarm=2, missing=each), read(row), "INSUFFICIENT_DATA").state for each in TREATMENTS)
    assert found == states


@pytest.mark.parametrize("before", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_ignored_data_keeps_whatever_state_there_was(before: AlarmState) -> None:
    assert evaluate(rule(missing="ignore"), read("- - - - -"), before).state == before


def test_one_late_datapoint_alone_makes_no_alarm_yet() -> None:
    assert evaluate(rule(), read("- - - - X"), "OK").state == "OK"
    assert evaluate(rule(), read("- - - X X"), "OK").state == "OK"
    assert evaluate(rule(), read("- - X X X"), "OK").state == "ALARM"


def test_the_latest_datapoints_decide() -> None:
    assert evaluate(rule(periods=1), read("X X 0"), "ALARM").state == "OK"
    assert evaluate(rule(periods=1), read("0 0 X"), "OK").state == "ALARM"


def test_datapoints_older_than_the_periods_make_up_for_missing_ones() -> None:
    assert evaluate(rule(periods=1, missing="notBreaching"), read("- X -"), "OK").state == "ALARM"
    assert evaluate(rule(periods=1, missing="notBreaching"), read("- - -"), "ALARM").state == "OK"


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", {1}),
        ("GreaterThanOrEqualToThreshold", {0, 1}),
        ("LessThanThreshold", {-1}),
        ("LessThanOrEqualToThreshold", {-1, 0}),
    ],
)
def test_comparisons(comparison: str, breaching: set[int]) -> None:
    compared = rule(periods=1, comparison=comparison)
    assert {value for value in (-1, 0, 1) if evaluate(compared, [value], "OK").state == "ALARM"} == breaching


def test_the_reason_names_values_threshold_and_gaps() -> None:
    assert evaluate(rule(to_alarm=2, missing="notBreaching"), read("- - - X X"), "OK").reason == (
        "Threshold Crossed: 2 of the latest 2 datapoints [1, 1] breach: greater than the threshold (0), 2 make an "
        "alarm; 1 of 3 periods have no data, which is treated as notBreaching."
    )
    nothing = evaluate(rule(missing="notBreaching"), read("- - - - -"), "ALARM").reason
    assert nothing == "3 of 3 periods have no data, which is treated as notBreaching."


def test_an_alarm_reads_two_periods_more_than_it_evaluates() -> None:
    assert (rule(periods=3).periods_read, rule(periods=3).range_s) == (5, 300)
