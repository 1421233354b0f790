"""A project's outcome is published once, even after redeliveries, in the format that CloudWatch reads from logs."""

import json
from collections import Counter

import pytest

from shared.language_model.port import FinishReason
from shared.metrics import Metric, ignore_metrics, make_embedded_metrics, measure_begin, measure_end
from shared.models.project import Project, TokenUsage
from shared.models.workflow import ProjectStatus
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import said

REQUIREMENTS = "A library that greets people by name, with tests."


def sums(factory: Factory) -> Counter[Metric]:
    total: Counter[Metric] = Counter()
    for measured in factory.measured:
        for name, value in measured.items():
            total[name] += int(value)
    return total


def test_a_project_that_completes() -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)
    factory.run()
    tokens = factory.project(project.id).tokens
    assert sums(factory) == {
        Metric.BEGUN: 1,
        Metric.COMPLETED: 1,
        Metric.SCORE: 100,
        Metric.PROMPT_TOKENS: tokens.prompt_tokens,
        Metric.OUTPUT_TOKENS: tokens.output_tokens,
    }


def test_a_message_that_is_delivered_again_counts_no_more() -> None:
    factory = Factory(replies.good)
    factory.post(REQUIREMENTS)
    messages = []
    while pending := factory.sent.take():
        messages += pending
        for message in pending:
            factory.deliver(message)
    before = sums(factory)
    for message in messages:
        factory.deliver(message)
    assert sums(factory) == before


def test_a_project_that_fails() -> None:
    factory = Factory(lambda _: said("", FinishReason.BLOCKED))
    factory.post(REQUIREMENTS)
    factory.run()
    total = sums(factory)
    assert (total[Metric.BEGUN], total[Metric.FAILED], total[Metric.COMPLETED]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("status", "build", "attempt", "begun"),
    [
        ("PLANNING", 1, 1, {Metric.BEGUN: 1}),
        ("DEVELOPING", 1, 1, {}),
        ("PLANNING", 2, 1, {}),
        ("PLANNING", 1, 2, {}),
    ],
)
def test_a_project_begins_with_the_first_attempt_at_its_first_plan(
    status: str, build: int, attempt: int, begun: dict[Metric, float]
) -> None:
    at = "2026-01-01T00:00:00Z"
    project = Project.model_validate(
        {
            "id": "0" * 26, "name": "n", "status": status, "revision": {"build": build}, "created_at": at,
            "updated_at": at, "version": 1, "requirements": "r",
        }
    )  # fmt: skip
    assert measure_begin(project, attempt) == begun


USED = TokenUsage(calls=1, prompt_tokens=2, output_tokens=3)


@pytest.mark.parametrize(
    ("status", "score", "tokens", "measured"),
    [
        (ProjectStatus.COMPLETED, None, TokenUsage(), {Metric.COMPLETED: 1}),
        (ProjectStatus.FAILED, None, TokenUsage(), {Metric.FAILED: 1}),
        (ProjectStatus.NEEDS_REVIEW, None, TokenUsage(), {Metric.NEEDING_REVIEW: 1}),
        (ProjectStatus.TESTING, None, TokenUsage(), {}),
        (None, None, TokenUsage(), {}),
        (None, 0.0, TokenUsage(), {Metric.SCORE: 0.0}),
        (None, 87.5, USED, {Metric.SCORE: 87.5, Metric.PROMPT_TOKENS: 2, Metric.OUTPUT_TOKENS: 3}),
    ],
)
def test_what_an_end_publishes(
    status: ProjectStatus | None, score: float | None, tokens: TokenUsage, measured: dict[Metric, float]
) -> None:
    assert measure_end(status, score, tokens) == measured


def test_without_metrics_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    ignore_metrics({Metric.COMPLETED: 1})
    assert capsys.readouterr().out == ""


def test_values_are_written_as_embedded_metrics_of_the_stage_alone(capsys: pytest.CaptureFixture[str]) -> None:
    measure = make_embedded_metrics("prod")
    measure({Metric.COMPLETED: 1, Metric.SCORE: 87.5})
    measure({})
    [line] = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("AgenticAI", [["service"]])
    assert document["service"] == "agenticai-prod"
    assert {each["Name"]: each["Unit"] for each in directive["Metrics"]} == {
        "ProjectsCompleted": "Count",
        "Score": "None",
    }
    assert (document["ProjectsCompleted"], document["Score"]) == ([1.0], [87.5])


def test_there_are_as_many_as_the_template_says() -> None:
    assert len(Metric) == 7


def test_the_names_are_those_that_dashboards_and_alarms_ask_for() -> None:
    assert {*Metric} == {
        "ProjectsBegun", "ProjectsCompleted", "ProjectsFailed", "ProjectsNeedingReview", "Score", "PromptTokens",
        "OutputTokens",
    }  # fmt: skip
