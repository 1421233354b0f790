"""What became of projects, as metrics: which numbers there are, and how CloudWatch gets them from a function's log."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.models.project import Project, TokenUsage
from shared.models.workflow import ProjectStatus

NAMESPACE: Final = "AgenticAI"


class Metric(StrEnum):
    """The metrics; CloudWatch bills each by the month, so that there are few."""

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
    """Return what is to be published when an attempt begins: a project begins with the first at its first plan."""
    first = project.status is ProjectStatus.PLANNING and project.revision.build == 1 and attempt == 1
    return {Metric.BEGUN: 1} if first else {}


def measure_end(status: ProjectStatus | None, score: float | None, tokens: TokenUsage) -> Measured:
    """Return what is to be published when work ended: the status that the project moved to, its score, and tokens."""
    measured: dict[Metric, float] = {}
    if status in _ENDS:
        measured[_ENDS[status]] = 1
    if score is not None:
        measured[Metric.SCORE] = score
    if tokens.calls:
        measured |= {Metric.PROMPT_TOKENS: tokens.prompt_tokens, Metric.OUTPUT_TOKENS: tokens.output_tokens}
    return measured


def embedded_metrics(stage: str) -> Measure:
    """Return what writes values into the log, in CloudWatch's embedded metric format, with the stage as dimension."""
    metrics = Metrics(namespace=NAMESPACE, service=f"agenticai-{stage}")

    def measure(measured: Measured) -> None:
        for name, value in measured.items():
            unit = MetricUnit.NoUnit if name is Metric.SCORE else MetricUnit.Count
            metrics.add_metric(name=name, unit=unit, value=value)
        if measured:
            metrics.flush_metrics()

    return measure


def no_metrics(_: Measured) -> None:
    """Publish nothing."""
