"""Metrics on the outcome of projects, which CloudWatch extracts from a function's log."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.models.project import Project, TokenUsage
from shared.models.workflow import ProjectStatus

NAMESPACE: Final = "AgenticAI"


class Metric(StrEnum):
    """The metrics; there are few, as CloudWatch charges for each per month."""

    BEGUN = "ProjectsBegun"
    COMPLETED = "ProjectsCompleted"
    FAILED = "ProjectsFailed"
    NEEDING_REVIEW = "ProjectsNeedingReview"
    SCORE = "Score"
    PROMPT_TOKENS = "PromptTokens"
    OUTPUT_TOKENS = "OutputTokens"


Measured = Mapping[Metric, float]
Measure = Callable[[Measured], None]
"""Publishes values of metrics."""

_ENDS: Final = {
    ProjectStatus.COMPLETED: Metric.COMPLETED,
    ProjectStatus.FAILED: Metric.FAILED,
    ProjectStatus.NEEDS_REVIEW: Metric.NEEDING_REVIEW,
}


def measure_begin(project: Project, attempt: int) -> Measured:
    """Return the metrics for the start of an attempt: the first attempt at a first plan starts a project."""
    first = project.status is ProjectStatus.PLANNING and project.revision.build == 1 and attempt == 1
    return {Metric.BEGUN: 1} if first else {}


def measure_end(status: ProjectStatus | None, score: float | None, tokens: TokenUsage) -> Measured:
    """Return the metrics for the end of work: the project's new status, its score, and the tokens."""
    measured: dict[Metric, float] = {}
    if status in _ENDS:
        measured[_ENDS[status]] = 1
    if score is not None:
        measured[Metric.SCORE] = score
    if tokens.calls:
        measured |= {Metric.PROMPT_TOKENS: tokens.prompt_tokens, Metric.OUTPUT_TOKENS: tokens.output_tokens}
    return measured


def make_embedded_metrics(stage: str) -> Measure:
    """Return a function that logs metrics in CloudWatch's embedded metric format, with the stage as dimension."""
    metrics = Metrics(namespace=NAMESPACE, service=f"agenticai-{stage}")

    def measure(measured: Measured) -> None:
        for name, value in measured.items():
            unit = MetricUnit.NoUnit if name is Metric.SCORE else MetricUnit.Count
            metrics.add_metric(name=name, unit=unit, value=value)
        if measured:
            metrics.flush_metrics()

    return measure


def ignore_metrics(_: Measured) -> None:
    """Publish nothing."""
