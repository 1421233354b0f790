"""The policies of the stack's own resources, whose statements docs/permissions.md explains."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from agenticai.stack.outputs import AGENTS
from agenticai.stack.template import Template
from tests.stack.transformed import of, transform_template

PAGE: Final = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text("utf-8")
BY_TLS: Final = {"Bool": {"aws:SecureTransport": "false"}}
KINDS: Final = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return transform_template(Template.load(), {})


def statements(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in KINDS:
        for policy in of(document["Resources"], kind).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                yield kind, statement


def test_bucket_queues_and_topic_are_used_by_tls_alone(document: dict[str, Any]) -> None:
    denying = {kind: one for kind, one in statements(document) if one["Effect"] == "Deny"}
    assert set(denying) == set(KINDS)
    assert all(one["Condition"] == BY_TLS and one["Principal"] == "*" for one in denying.values())
    [queues] = of(document["Resources"], "AWS::SQS::QueuePolicy").values()
    assert {queue["Ref"] for queue in queues["Queues"]} == {
        f"{agent.title()}{kind}" for agent in AGENTS for kind in ("Queue", "DeadLetterQueue")
    }


def test_each_statement_has_a_name_and_a_reason(document: dict[str, Any]) -> None:
    table = re.search(r"\| statement \| used by \|\n(.*?)\n\n", PAGE, re.DOTALL)
    assert table
    assert {one["Sid"] for _, one in statements(document)} == set(re.findall(r"`([A-Z]\w+)`", table[1]))
    permissions = of(document["Resources"], "AWS::Lambda::Permission")
    assert [one["Principal"] for one in permissions.values()] == ["apigateway.amazonaws.com"]
