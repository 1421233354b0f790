"""The template's monitoring: alarms with their thresholds, actions and runbook, and what parameters add."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from agenticai.client.cost.prices import read_prices
from agenticai.stack.outputs import AGENTS, FUNCTIONS, make_title
from agenticai.stack.template import Template
from tests.stack.test_choices import made
from tests.stack.transformed import Resource, of, transform_template

RUNBOOK: Final = Path(__file__).parents[2] / "docs" / "runbook.md"
ALL: Final = {"Alarms": "all"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return transform_template(Template.load(), {})


@pytest.fixture(scope="module")
def essential(document: dict[str, Any]) -> dict[str, Resource]:
    return of(made(document, {}), "AWS::CloudWatch::Alarm")


@pytest.fixture(scope="module")
def everything(document: dict[str, Any]) -> dict[str, Resource]:
    return of(made(document, ALL), "AWS::CloudWatch::Alarm")


def watched(alarms: dict[str, Resource], metric: str) -> dict[str, Resource]:
    """Return the alarms on a metric by the resource, or the text, of their first dimension."""
    return {
        str(next(iter(alarm["Dimensions"][0]["Value"].values()))): alarm
        for alarm in alarms.values()
        if alarm["MetricName"] == metric
    }


def test_a_stage_takes_no_more_alarms_than_are_free(essential: dict[str, Resource]) -> None:
    assert len(essential) == read_prices().lines["alarms"].free == 10
    assert not any("Metrics" in alarm for alarm in essential.values())  # each of them would be charged


def test_all_alarms_cost_what_the_parameter_says(document: dict[str, Any], everything: dict[str, Resource]) -> None:
    line = read_prices().lines["alarms"]
    assert f"${(len(everything) - line.free) * line.usd:.2f}" in document["Parameters"]["Alarms"]["Description"]


def test_each_alarm_tells_of_its_begin_and_end(everything: dict[str, Resource]) -> None:
    topic = [{"Ref": "AlarmTopic"}]
    assert all(alarm["AlarmActions"] == alarm["OKActions"] == topic for alarm in everything.values())


def test_each_alarm_names_its_section_of_the_runbook(everything: dict[str, Resource]) -> None:
    headings = re.findall(r"^## (.*)$", RUNBOOK.read_text("utf-8"), re.M)
    sections = {heading.lower().replace(" ", "-") for heading in headings}
    named = {}
    for name, alarm in everything.items():
        found = re.search(r"See docs/runbook\.md#([a-z-]+)$", alarm["AlarmDescription"])
        assert found, name
        named[name] = found[1]
    assert set(named.values()) <= sections


def test_each_alarm_is_listed_in_the_runbook(everything: dict[str, Resource]) -> None:
    text = RUNBOOK.read_text("utf-8")
    for alarm in everything.values():
        name = alarm["AlarmName"]["Fn::Sub"].removesuffix("-${Stage}")
        agent = name.removeprefix("agenticai-").rpartition("-")[0]
        assert f"`{name}-STAGE`" in text or f"`{name.replace(agent, 'AGENT', 1)}-STAGE`" in text, name


def test_names_are_those_of_the_stage(everything: dict[str, Resource]) -> None:
    names = [alarm["AlarmName"]["Fn::Sub"] for alarm in everything.values()]
    assert all(name.startswith("agenticai-") and name.endswith("-${Stage}") for name in names)
    assert len(set(names)) == len(names)


def test_a_message_is_old_after_its_visibility_timeout(
    document: dict[str, Any], essential: dict[str, Resource]
) -> None:
    queues = of(document["Resources"], "AWS::SQS::Queue")
    ages = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm["Threshold"]
        for alarm in essential.values()
        if alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    }
    assert ages == {f"{agent.title()}Queue": queues[f"{agent.title()}Queue"]["VisibilityTimeout"] for agent in AGENTS}


def test_a_duration_is_long_after_nine_tenths_of_the_timeout(
    document: dict[str, Any], everything: dict[str, Resource]
) -> None:
    functions = of(document["Resources"], "AWS::Lambda::Function")
    limits = {name: alarm["Threshold"] for name, alarm in watched(everything, "Duration").items()}
    assert limits == {name: function["Timeout"] * 900 for name, function in functions.items()}


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_with_all_alarms_each_function_is_watched(everything: dict[str, Resource], metric: str) -> None:
    assert set(watched(everything, metric)) == {f"{make_title(name)}Function" for name in FUNCTIONS}


def test_only_cloudwatch_publishes_and_by_tls(document: dict[str, Any]) -> None:
    [policy] = of(document["Resources"], "AWS::SNS::TopicPolicy").values()
    allowed, denied = policy["PolicyDocument"]["Statement"]
    assert (allowed["Effect"], allowed["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_nobody_is_written_to_unless_an_address_is_given(document: dict[str, Any]) -> None:
    assert not of(made(document, {}), "AWS::SNS::Subscription")
    [told] = of(made(document, {"AlarmEmail": "on-call@example.com"}), "AWS::SNS::Subscription").values()
    assert (told["Protocol"], told["Endpoint"]) == ("email", {"Ref": "AlarmEmail"})


def test_traces_are_sent_by_all_but_the_runners_where_they_are_wanted(document: dict[str, Any]) -> None:
    def modes(parameters: dict[str, str]) -> dict[str, str]:
        functions = of(made(document, parameters), "AWS::Lambda::Function")
        return {name: function["TracingConfig"]["Mode"] for name, function in functions.items()}

    assert set(modes({}).values()) == {"PassThrough"}
    traced = {name for name, mode in modes({"Tracing": "true"}).items() if mode == "Active"}
    assert traced == {f"{make_title(name)}Function" for name in FUNCTIONS} - {"RunnerFunction", "NodeRunnerFunction"}
    roles = of(made(document, {"Tracing": "true"}), "AWS::IAM::Role")
    allowed = {name for name, role in roles.items() if {"Ref": "TracingPolicy"} in role.get("ManagedPolicyArns", [])}
    assert allowed == {"ApiRole", "PmRole", "DevRole", "QaRole", "OpsRole"}
    assert "TracingPolicy" not in json.dumps(made(document, {}))


def test_each_request_is_logged_as_json_where_that_is_wanted(document: dict[str, Any]) -> None:
    [plain] = of(made(document, {}), "AWS::ApiGateway::Stage").values()
    assert "AccessLogSetting" not in plain
    logged = made(document, {"ApiAccessLogs": "true"})
    [stage] = of(logged, "AWS::ApiGateway::Stage").values()
    assert {"request_id", "status", "latency_ms"} <= set(json.loads(stage["AccessLogSetting"]["Format"]))
    group = logged["AccessLogGroup"]["Properties"]
    assert stage["AccessLogSetting"]["DestinationArn"]["Fn::Sub"].endswith(group["LogGroupName"]["Fn::Sub"])
    assert group["RetentionInDays"] == 14


def test_the_dashboard_shows_every_essential_alarm(document: dict[str, Any], essential: dict[str, Resource]) -> None:
    assert not of(made(document, {}), "AWS::CloudWatch::Dashboard")
    [dashboard] = of(made(document, {"Dashboard": "true"}), "AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    shown = next(widget for widget in body["widgets"] if widget["type"] == "alarm")["properties"]["alarms"]
    assert set(shown) == {f"${{{name}.Arn}}" for name in essential}


def test_saved_queries_ask_the_logs_of_all_functions(document: dict[str, Any]) -> None:
    queries = of(made(document, {"Dashboard": "true"}), "AWS::Logs::QueryDefinition")
    groups = [{"Ref": f"{make_title(name)}LogGroup"} for name in FUNCTIONS]
    assert len(queries) == 3
    for query in queries.values():
        assert sorted(query["LogGroupNames"], key=str) == sorted(groups, key=str)
    assert "correlation_id" in queries["ProjectQuery"]["QueryString"]
