"""The page's figures are the bill's, and values in its address are accepted or ignored."""

import pytest

from agenticai.client.cost.bill import make_bill, measure_use
from agenticai.client.cost.prices import LINES
from agenticai.client.cost.use import Stored
from agenticai.dashboard.services import costs
from tests.agenticai.client.cost.uses import ONE, TWO, calls, lambda_use, polls, unmetered, usage, use_of

SMALL = usage(ONE, polls(10), functions=(lambda_use(10, 20.0),))
LARGE = usage(TWO, polls(30), calls("s3", "PutObject", 100), functions=(lambda_use(30, 60.0),))
USE = use_of(SMALL, LARGE, stored=Stored(1024, 2048, 4))


@pytest.mark.parametrize(
    ("asked", "stop"), [(None, 100), ("x", 100), ("-5", 100), ("0", 0), ("960", 1000), ("9" * 30, 100_000), ("٣", 100)]
)
def test_the_slider_begins_at_what_an_address_asks_for(asked: str | None, stop: int) -> None:
    assert costs.find_nearest_stop(asked) == stop
    assert stop in costs.STOPS


@pytest.mark.parametrize(
    ("asked", "limit"),
    [(None, None), ("", None), ("x", None), ("nan", None), ("-1", None), ("2.5", 2.5), ("1e99", None)],
)
def test_the_budget_is_what_an_address_asks_for(asked: str | None, limit: float | None) -> None:
    assert costs.parse_limit(asked) == limit


def test_every_line_is_a_row() -> None:
    shown = make_bill(USE, 1000)
    rows = dict(zip(LINES, costs.list_tier_rows(shown), strict=True))
    assert (rows["lambda-gb-seconds"].used, rows["lambda-gb-seconds"].month_share) == ("80", 0.1)
    assert (rows["sqs-requests"].free, rows["sqs-requests"].month) == ("1,000,000", "2,612,000")
    assert (rows["s3-storage"].used, rows["s3-storage"].free, rows["s3-storage"].used_share) == ("2 KB", "none", None)
    unknown = costs.list_tier_rows(make_bill(unmetered(USE), 1000))[LINES.index("s3-reads")]
    assert (unknown.used, unknown.note) == ("-", "This target does not tell.")


def test_who_spent_is_a_part_of_all() -> None:
    shown = make_bill(USE, 100)
    assert [row.who for row in costs.list_project_costs(shown)] == [TWO, ONE]
    assert sum(row.part for row in costs.list_project_costs(shown)) == pytest.approx(1)
    assert [(row.who, row.usd, row.part) for row in costs.list_function_costs(shown)] == [("dev", shown.used_usd, 1)]
    assert [row.who for row in costs.list_project_costs(shown, most=1)] == [TWO]
    assert str(costs.describe_dearest(shown)).startswith(f"{TWO} was the most expensive, $0.001")
    assert costs.describe_dearest(make_bill(use_of(), 100)) is None


def test_the_curve_ends_at_the_month() -> None:
    points = costs.compute_month_curve(measure_use(USE), 1000)
    last = sum(float(str(point["usd"])) for point in points if point["projects"] == 1000)
    assert last == pytest.approx(make_bill(USE, 1000).month_usd)
    first = sum(float(str(point["usd"])) for point in points if point["projects"] == 0)
    assert first == pytest.approx(make_bill(USE, 0).month_usd)
    assert {point["service"] for point in points} == {"sqs", "s3"}


def test_a_budget_holds_or_not() -> None:
    shown = make_bill(USE, 100)
    assert costs.judge_month(shown, 10)[0]
    within, sentence = costs.judge_month(shown, 0.5)
    assert not within
    assert sentence == "A month of 100 projects is $0.1626 over the budget of $0.50."


def test_services_without_a_forecast_show_none() -> None:
    assert {month for _, _, month in costs.list_service_costs(make_bill(use_of(), 100))} == {"-"}
    assert ("sqs", "$0.000016", "$0.6376") in costs.list_service_costs(make_bill(USE, 100))
