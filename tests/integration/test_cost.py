"""`agenticai cost` agrees with the meter and AWS's own API to the last digit, and checks a budget."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenticai.client.cost.charges import compute_cost_usd
from agenticai.emulator.client import ControlClient
from agenticai.emulator.engines.ministack.table_sizes import count_item_bytes
from tests.integration.test_command_line import home_of_its_own, run, served
from tests.sessions import new_session

GB = 1024**3


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine on which one project has finished."""
    with served(home_of_its_own(tmp_path_factory.mktemp("state"))) as told:
        url: str = told["endpoint_url"]
        idle = run("cost", "--endpoint", url)
        assert idle.returncode == 0, idle.stderr
        assert "No project was measured yet" in idle.stdout
        posted = run("new", "--file", "docs/examples/greeting.md", "--endpoint", url)
        assert posted.returncode == 0, posted.stderr
        yield url


def told(endpoint: str, *arguments: str) -> dict[str, Any]:
    done = run("cost", "--json", *arguments, "--endpoint", endpoint)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def client(service: str, endpoint: str) -> Any:
    session: Any = new_session()
    return session.client(service, endpoint_url=endpoint)


def test_the_figures_are_the_meters(endpoint: str) -> None:
    document = told(endpoint)
    with ControlClient(endpoint) as control:
        used = control.usage()
        (project,) = document["projects"]
        alone = control.usage(project["id"])
    lines = {line["id"]: line["used"] for line in document["lines"]}
    assert lines["lambda-requests"] == sum(row.invocations for row in used.functions)
    assert lines["lambda-gb-seconds"] == used.gb_seconds
    counts = used.calls_by_service
    assert lines["sqs-requests"] == counts["sqs"], "no message is larger than 64 KiB"
    assert lines["api-requests"] == counts["execute-api"]
    assert project["usd"] == document["project_usd"] == compute_cost_usd(alone.calls, alone.functions)
    assert document["used_usd"] == pytest.approx(project["usd"] + document["unattributed_usd"])


def test_what_is_stored_is_what_aws_tells(endpoint: str) -> None:
    lines = {line["id"]: line["used"] for line in told(endpoint)["lines"]}
    logs, s3 = client("logs", endpoint), client("s3", endpoint)
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/agenticai-")["logGroups"]
    assert lines["log-ingestion"] == sum(group["storedBytes"] for group in groups) / GB > 0
    (bucket,) = (b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("agenticai-dev-"))
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert lines["s3-storage"] == sum(version["Size"] for version in versions) / GB > 0
    assert lines["alarms"] == len(client("cloudwatch", endpoint).describe_alarms()["MetricAlarms"])


def test_the_size_of_the_table_is_that_of_its_items_and_of_their_copies_in_indexes(endpoint: str) -> None:
    used = {line["id"]: line["used"] for line in told(endpoint)["lines"]}
    dynamodb, size, own = client("dynamodb", endpoint), 0, 0
    (table,) = (name for name in dynamodb.list_tables()["TableNames"] if name.startswith("agenticai-"))
    indexes = dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    for index in (None, *(one["IndexName"] for one in indexes)):
        where = {"IndexName": index} if index else {}
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, **where):
            size += sum(100 + count_item_bytes(item) for item in page["Items"])
        own = own or size
    assert used["dynamodb-storage"] == size / GB > 0
    assert used["dynamodb-backups"] == own / GB > 0  # backups do not include indexes


def test_a_budget_that_holds(endpoint: str, tmp_path: Path) -> None:
    budget = tmp_path / "budget.yaml"
    budget.write_text("projects: 10\nmonth_usd: 1\n")
    done = run("cost", "--budget", str(budget), "--endpoint", endpoint)
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 projects a month cost $0.6" in done.stdout
    assert "within budget" in done.stdout
    assert told(endpoint, "--budget", str(budget))["over_budget"] == []


def test_a_budget_that_does_not_hold(endpoint: str, tmp_path: Path) -> None:
    budget = tmp_path / "budget.yaml"
    budget.write_text("projects: 10\nservices: {sqs: 0.5, lambda: 0}\n")
    over = run("cost", "--budget", str(budget), "--endpoint", endpoint)
    assert over.returncode == 1
    assert "over budget: The service sqs costs $0.63" in over.stdout
    (limit,) = told(endpoint, "--budget", str(budget))["over_budget"]
    assert limit["limit"] == "services.sqs"
    assert told(endpoint, "--projects", "20", "--budget", str(budget))["month"]["projects"] == 20


def test_a_wrong_budget_is_one_sentence(endpoint: str, tmp_path: Path) -> None:
    refused = run("cost", "--budget", str(tmp_path / "none.yaml"), "--endpoint", endpoint)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "cannot be read" in refused.stderr
