"""What QA found and how it scored: findings, parts of the score, and the report that holds both."""

from enum import StrEnum

from pydantic import Field

from shared.models.base import Model
from shared.models.project import Revision


class Severity(StrEnum):
    """How much a finding matters: an error must be repaired before the project can pass."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(Model):
    """One fault at one place."""

    path: str
    line: int = Field(ge=1)
    rule: str
    severity: Severity
    message: str
    lines: tuple[str, ...] = Field(default=(), description="the lines around, each with its number")


class ScorePart(Model):
    """One part of the score: `points` of `weight`; not measured means no points and no weight."""

    name: str
    weight: float = Field(ge=0)
    points: float = Field(ge=0)
    measured: bool
    explanation: str


class QualityReport(Model):
    """A revision's report; the score is 100 x the points of the measured parts over their weights."""

    revision: Revision
    score: float = Field(ge=0, le=100)
    passed: bool
    parts: tuple[ScorePart, ...]
    findings: tuple[Finding, ...]
    measured: tuple[str, ...] = Field(description="paths that an analyser read")
    not_measured: tuple[str, ...] = Field(description="paths that none could read; never scored as good")
