"""A bill is the sum of what the meter counted, and forecasts a month from the measured projects."""

import pytest

from agenticai.client.cost.bill import Bill, LineUse, explain_cost, make_bill
from agenticai.client.cost.charges import compute_cost_usd
from agenticai.client.cost.use import KEPT, Stored
from tests.agenticai.client.cost.uses import MILLION, ONE, TWO, calls, lambda_use, polls, unmetered, usage, use_of

GB = 1024**3
SMALL = usage(ONE, polls(10), calls("s3", "PutObject", 100), functions=(lambda_use(10, 20.0),))
LARGE = usage(TWO, polls(30), calls("s3", "PutObject", 100), functions=(lambda_use(30, 60.0), lambda_use(5, 1.0, "qa")))
LISTING = calls("execute-api", "GET", 7, caller="client", response_bytes=GB)
USE = use_of(SMALL, LARGE, beside=(LISTING,), stored=Stored(log_bytes=2 * GB, object_bytes=GB, alarms=4))


def line(used: Bill, name: str) -> LineUse:
    return next(line for line in used.lines if line.id == name)


def test_what_was_used_is_what_the_meter_counted() -> None:
    used = make_bill(USE, 100)
    total = USE.total
    assert line(used, "lambda-requests").used == sum(row.invocations for row in total.functions) == 45
    assert line(used, "lambda-gb-seconds").used == total.gb_seconds == 81
    assert line(used, "sqs-requests").used == 40
    assert line(used, "s3-writes").used == 200
    assert line(used, "api-requests").used == 7
    assert line(used, "data-out").used == 1
    assert [line(used, name).used for name in ("log-ingestion", "s3-storage", "alarms")] == [2, 1, 4]


def test_every_line_of_what_is_kept_is_measured() -> None:
    used = make_bill(use_of(stored=Stored(1, 1, 1, table_bytes=1, backup_bytes=1)), 0)
    assert {each.id for each in used.lines if each.used} == KEPT


def test_the_cost_is_that_of_all_calls_and_its_parts_add_up() -> None:
    used = make_bill(USE, 100)
    total = USE.total
    assert used.used_usd == compute_cost_usd(total.calls, total.functions)
    assert [project.usd for project in used.projects] == [
        compute_cost_usd(p.calls, p.functions) for p in (LARGE, SMALL)
    ]
    assert used.unattributed_usd == pytest.approx(compute_cost_usd([LISTING], []))
    assert sum(usd for usd, _ in used.by_service.values()) == pytest.approx(used.used_usd)
    assert sum(used.by_function.values()) == pytest.approx(used.used_usd)
    assert list(used.by_function) == ["clients", "dev", "qa"]


def test_the_month_is_the_average_project_so_often_and_the_polling_of_idle_queues() -> None:
    used = make_bill(USE, 1000)
    assert line(used, "lambda-gb-seconds").month == 40_500
    assert line(used, "sqs-requests").month == 20_000 + 2_592_000
    assert line(used, "sqs-requests").month_usd == pytest.approx(1.612 * 0.40)
    assert line(used, "log-ingestion").month == 1000
    assert line(used, "alarms").month == 4
    assert line(used, "lambda-gb-seconds").month_share == pytest.approx(40_500 / 400_000)
    assert used.month_usd == pytest.approx(sum(each.month_usd for each in used.lines))
    assert sum(month for _, month in used.by_service.values()) == pytest.approx(used.month_usd)


def test_calls_of_no_project_are_in_no_forecast() -> None:
    assert line(make_bill(USE, 1000), "api-requests").month == 0


def test_a_month_without_projects_is_that_of_the_idle_stack() -> None:
    used = make_bill(use_of(), 0)
    assert line(used, "sqs-requests").month == 2_592_000
    assert used.month_usd == pytest.approx(1.592 * 0.40)


def test_without_a_measured_project_there_is_no_forecast_of_some() -> None:
    used = make_bill(use_of(beside=(LISTING,)), 100)
    assert {each.month for each in used.lines} == {None}
    assert used.project_usd is None


def test_what_is_not_measured_is_told() -> None:
    used = make_bill(unmetered(use_of(stored=Stored(0, 0, 3, 1024**3))), 0)
    requests, storage = line(used, "sqs-requests"), line(used, "dynamodb-storage")
    assert not used.metered
    assert (requests.used, requests.used_share, requests.month) == (None, None, 2_592_000)
    assert requests.missing
    assert (storage.used, storage.missing) == (1, "")


def test_a_project_that_only_requests_named_is_not_averaged() -> None:
    named = usage(TWO, calls("execute-api", "GET", MILLION, caller="client"))
    used = make_bill(use_of(SMALL, named), 1)
    assert [project.project_id for project in used.projects] == [ONE]
    assert used.unattributed_usd == pytest.approx(3.50)


def test_a_project_whose_deliveries_nobody_saw_is_averaged_once_an_agent_has_run() -> None:
    unseen = usage(TWO, calls("s3", "PutObject", 1), functions=(lambda_use(1, 1.0, "api"), lambda_use(1, 1.0, "pm")))
    requests = usage(ONE, calls("s3", "GetObject", 1), functions=(lambda_use(1, 1.0, "api"),))
    assert [project.project_id for project in make_bill(use_of(unseen, requests), 1).projects] == [TWO]


def test_why_a_project_cost_most() -> None:
    used = make_bill(USE, 1)
    said = "71% of it is lambda Duration (arm64) in GB-seconds of dev: 60, 1.5 times the average."
    assert explain_cost(used.projects[0], used.projects) == said.replace(
        "71%", f"{60 * 0.0000133334 / used.projects[0].usd:.0%}"
    )
    assert explain_cost(used.projects[1], used.projects[1:]).endswith(": 100.")
