"""AWS's answers about the free tier, checked with botocore's own model."""

from typing import Any

import pytest
from botocore.stub import Stubber

from agenticai.client.cost.free_tier import read_free_tier_use
from agenticai.stack.target import Target

SQS: Any = {
    "service": "Amazon Simple Queue Service",
    "operation": "",
    "usageType": "Global-Requests",
    "region": "global",
    "actualUsageAmount": 250_000.0,
    "forecastedUsageAmount": 1_500_000.0,
    "limit": 1_000_000.0,
    "unit": "Requests",
    "description": "1,000,000 Requests of Amazon Simple Queue Service",
    "freeTierType": "Always Free",
}
NAMELESS: Any = {"actualUsageAmount": 5.0}


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Target.aws("eu-central-1")


def test_all_pages_are_read_and_the_most_used_comes_first(target: Target) -> None:
    freetier = target.client("freetier")
    with Stubber(freetier) as stubber:
        stubber.add_response("get_free_tier_usage", {"freeTierUsages": [NAMELESS], "nextToken": "more"}, {})
        stubber.add_response("get_free_tier_usage", {"freeTierUsages": [SQS]}, {"nextToken": "more"})
        first, second = read_free_tier_use(freetier)
        stubber.assert_no_pending_responses()
    assert (first.service, first.kind, first.unit) == ("Amazon Simple Queue Service", "Always Free", "Requests")
    assert (first.used_share, first.forecast_share) == (0.25, 1.5)
    assert (second.used, second.used_share, second.forecast_share) == (5, None, None)


def test_it_answers_in_one_region_only(target: Target) -> None:
    assert target.client("freetier").meta.region_name == "us-east-1"
    assert target.client("sqs").meta.region_name == "eu-central-1"
