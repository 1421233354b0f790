"""A budget is read from a file, and every exceeded limit is reported in one sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from agenticai.client.cost.bill import make_bill
from agenticai.client.cost.budget import Budget, find_overruns, read_budget
from agenticai.client.cost.prices import LINES
from agenticai.client.errors import BudgetError
from tests.agenticai.client.cost.uses import ONE, TWO, calls, lambda_use, polls, usage, use_of

USE = use_of(
    usage(ONE, polls(10), functions=(lambda_use(10, 20.0),)),
    usage(TWO, polls(10), calls("s3", "PutObject", 100), functions=(lambda_use(10, 60.0),)),
)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(month_usd=0.6), "A month of 100 projects costs $0.6622 beyond the free tier; the budget is $0.60"),
        (Budget(services={"s3": 0.01}), "The service s3 costs $0.025 beyond the free tier in a month of 100"),
        (Budget(lines={"lambda-gb-seconds": 3999}), "takes 4,000 GB-seconds of lambda-gb-seconds; the budget is 3,999"),
        (Budget(free_share=0.9), "takes 259.3% of the free 1,000,000 requests of sqs-requests; the budget is 90.0%."),
        (Budget(average_project_usd=0.0007), "The average project costs $0.000789, free tier not counted"),
        (Budget(any_project_usd=0.001), f"Project {TWO} cost $0.001306, free tier not counted; the budget is $0.001"),
    ],
)  # fmt: skip
def test_what_is_over_is_one_sentence(budget: Budget, said: str) -> None:
    (over,) = find_overruns(budget, make_bill(USE, 100))
    assert said in over.sentence
    assert over.limit.split(".")[0] in Budget.model_fields


def test_what_is_within_is_silent() -> None:
    budget = Budget(
        month_usd=1, services={"s3": 1}, lines={"lambda-gb-seconds": 4000}, free_share=3,
        average_project_usd=1, any_project_usd=1,
    )  # fmt: skip
    assert find_overruns(budget, make_bill(USE, 100)) == ()


def test_nothing_measured_holds_to_no_budget() -> None:
    with pytest.raises(BudgetError, match="No project was measured"):
        find_overruns(Budget(month_usd=100), make_bill(use_of(), 100))


def test_what_cannot_be_told_holds_to_no_budget() -> None:
    unknown = replace(make_bill(USE, 100).lines[-1], month=None, missing="Nothing counts it.")
    with pytest.raises(BudgetError, match="data-out, which cannot be measured: Nothing counts"):
        find_overruns(Budget(lines={"data-out": 1}), replace(make_bill(USE, 100), lines=(unknown,)))


def test_a_budget_is_read(tmp_path: Path) -> None:
    file = tmp_path / "budget.yaml"
    file.write_text("projects: 500\nmonth_usd: 2.5\nlines: {sqs-requests: 3_000_000}\n")
    assert read_budget(file) == Budget(projects=500, month_usd=2.5, lines={"sqs-requests": 3_000_000})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("month: 1", "is wrong at month: Extra inputs are not permitted"),
        ("month_usd: much", "is wrong at month_usd: Input should be a valid number"),
        ("lines: {lambda: 1}", "is wrong at lines.lambda"),
        ("services: {ec2: 1}", "there is no service ec2: name one of"),
        ("projects: 5", "it limits nothing: give one of any_project_usd,"),
        ("[1", "is not YAML"),
        ("", "is wrong: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_budget_is_refused_in_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "budget.yaml"
    file.write_text(text)
    with pytest.raises(BudgetError) as refused:
        read_budget(file)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_budget_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match="cannot be read: No such file"):
        read_budget(tmp_path / "none.yaml")


def test_the_documented_budget_is_one(tmp_path: Path) -> None:
    document = (Path(__file__).parents[4] / "docs" / "cost.md").read_text("utf-8")
    file = tmp_path / "budget.yaml"
    file.write_text(document.split("```yaml\n")[1].split("```")[0])
    assert read_budget(file).model_fields_set == set(Budget.model_fields)
    assert [line for line in LINES if f"`{line}`" not in document] == []
