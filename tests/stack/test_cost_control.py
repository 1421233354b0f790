"""Cost control in the template: a stage's budget, and the hours in which its queues are polled."""

import json
from typing import Any, Final

import pytest

from agenticai.stack.outputs import AGENTS
from agenticai.stack.stage import TAG
from agenticai.stack.template import Template
from tests.stack.test_choices import evaluate, made
from tests.stack.transformed import Resource, of, transform_template

BUDGET: Final = {"MonthlyBudgetUsd": "5", "BudgetEmail": "owner@example.com"}
HOURS: Final = {"PollFrom": "cron(0 8 ? * MON-FRI *)", "PollUntil": "cron(0 18 ? * MON-FRI *)"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return transform_template(Template.load(), {})


def accepts(document: dict[str, Any], rule: str, parameters: dict[str, str]) -> bool:
    """Return whether a rule of the template accepts these parameters."""
    return all(evaluate(document, each["Assert"], parameters) for each in document["Rules"][rule]["Assertions"])


def budget_of(document: dict[str, Any], parameters: dict[str, str]) -> Resource:
    [budget] = of(made(document, parameters), "AWS::Budgets::Budget").values()
    return budget


def test_a_budget_is_of_the_costs_that_bear_the_tag_of_the_stage(document: dict[str, Any]) -> None:
    budget = budget_of(document, BUDGET)["Budget"]
    assert (budget["BudgetType"], budget["TimeUnit"]) == ("COST", "MONTHLY")
    assert budget["BudgetLimit"] == {"Amount": {"Ref": "MonthlyBudgetUsd"}, "Unit": "USD"}
    assert budget["CostFilters"] == {"TagKeyValue": [{"Fn::Join": ["$", [f"user:{TAG}", {"Ref": "Stage"}]]}]}


def test_a_budget_writes_at_four_fifths_at_all_of_it_and_when_that_is_forecast(document: dict[str, Any]) -> None:
    notifications = [each["Notification"] for each in budget_of(document, BUDGET)["NotificationsWithSubscribers"]]
    assert [(each["NotificationType"], each["Threshold"]) for each in notifications] == [
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    assert {each["ThresholdType"] for each in notifications} == {"PERCENTAGE"}


@pytest.mark.parametrize(("email", "told"), [({}, "AlarmEmail"), ({"BudgetEmail": "owner@example.com"}, "BudgetEmail")])
def test_a_budget_writes_to_its_own_address_or_to_that_of_alarms(
    document: dict[str, Any], email: dict[str, str], told: str
) -> None:
    budget = budget_of(document, {"MonthlyBudgetUsd": "5", "AlarmEmail": "on-call@example.com", **email})
    subscribers = [each["Subscribers"] for each in budget["NotificationsWithSubscribers"]]
    assert subscribers == [[{"SubscriptionType": "EMAIL", "Address": {"Ref": told}}]] * 3


def test_a_budget_without_an_address_is_refused(document: dict[str, Any]) -> None:
    rule = "BudgetTellsSomebody"
    assert accepts(document, rule, {})
    assert accepts(document, rule, BUDGET)
    assert accepts(document, rule, {"MonthlyBudgetUsd": "5", "AlarmEmail": "on-call@example.com"})
    assert not accepts(document, rule, {"MonthlyBudgetUsd": "5"})


def test_partitions_without_budgets_get_none(document: dict[str, Any]) -> None:
    assert not of(made(document, {**BUDGET, "AWS::Partition": "aws-us-gov"}), "AWS::Budgets::Budget")


def test_each_mapping_is_enabled_and_disabled_by_a_schedule(document: dict[str, Any]) -> None:
    resources = made(document, HOURS)
    schedules = of(resources, "AWS::Scheduler::Schedule").values()
    done = {each["Target"]["Input"]["Fn::Sub"]: each["ScheduleExpression"]["Ref"] for each in schedules}
    mappings = of(resources, "AWS::Lambda::EventSourceMapping")
    assert len(mappings) == len(AGENTS) == 4
    assert len(schedules) == 2 * len(mappings)
    for mapping in mappings:
        assert done[f'{{"Uuid":"${{{mapping}}}","Enabled":true}}'] == "PollFrom"
        assert done[f'{{"Uuid":"${{{mapping}}}","Enabled":false}}'] == "PollUntil"


def test_schedules_have_a_role_that_changes_these_mappings_alone(document: dict[str, Any]) -> None:
    resources = made(document, HOURS)
    schedules = of(resources, "AWS::Scheduler::Schedule").values()
    assert all(each["Target"]["RoleArn"] == {"Fn::GetAtt": ["PollingRole", "Arn"]} for each in schedules)
    role = resources["PollingRole"]["Properties"]
    [trusted] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    [statement] = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:UpdateEventSourceMapping"
    reached = {each["Fn::Sub"].rpartition(":event-source-mapping:")[2] for each in statement["Resource"]}
    assert reached == {f"${{{mapping}}}" for mapping in of(resources, "AWS::Lambda::EventSourceMapping")}


def test_without_hours_the_template_enables_every_mapping_and_with_them_none(document: dict[str, Any]) -> None:
    always = of(made(document, {}), "AWS::Lambda::EventSourceMapping")
    assert [mapping["Enabled"] for mapping in always.values()] == [True] * 4
    assert "Poll" not in json.dumps(made(document, {}))
    by_hours = of(made(document, HOURS), "AWS::Lambda::EventSourceMapping")
    assert not any("Enabled" in mapping for mapping in by_hours.values())


@pytest.mark.parametrize("given", [{"PollFrom": HOURS["PollFrom"]}, {"PollUntil": HOURS["PollUntil"]}])
def test_hours_have_a_begin_and_an_end(document: dict[str, Any], given: dict[str, str]) -> None:
    assert accepts(document, "PollingBeginsAndEnds", {})
    assert accepts(document, "PollingBeginsAndEnds", HOURS)
    assert not accepts(document, "PollingBeginsAndEnds", given)
