"""QA's results: findings, parts of the score, and the report with both."""

from pydantic import Field

from shared.models.base import Model
from shared.models.project import Revision
from shared.models.runs import TestsRun
from shared.models.severity import Severity

__all__ = ["Finding", "QualityReport", "ScorePart", "Severity"]


class Finding(Model):
    """One fault at one place."""

    path: str
    line: int = Field(ge=1)
    rule: str
    severity: Severity
    message: str
    lines: tuple[str, ...] = ()
    """The surrounding lines, each with its number."""
    related: tuple[str, ...] = ()
    """Paths of other files that may contain the cause."""


class ScorePart(Model):
    """One part of the score: `points` of `weight`; a part that is not measured counts for neither."""

    name: str
    weight: float = Field(ge=0)
    points: float = Field(ge=0)
    measured: bool
    explanation: str


class QualityReport(Model):
    """A revision's report; the score is 100 x the points of the measured parts / their weights."""

    revision: Revision
    score: float = Field(ge=0, le=100)
    passed: bool
    reasons: tuple[str, ...] = ()
    """Why the revision did not pass; empty if it did."""
    parts: tuple[ScorePart, ...]
    findings: tuple[Finding, ...]
    """Most severe first."""
    omitted: int = Field(default=0, ge=0)
    """Findings that count in the score but are not listed."""
    omitted_errors: int = Field(default=0, ge=0)
    """Errors among them, not counting tests that do not pass."""
    measured: tuple[str, ...]
    """Paths of the files that were parsed."""
    not_measured: tuple[str, ...]
    """Paths of the files that could not be parsed reliably; never scored as good."""
    runs: tuple[TestsRun, ...] = ()
    """Results of the project's own tests, by language."""

    @property
    def passing(self) -> int:
        """The number of the project's own tests that passed."""
        return sum(test.outcome == "passed" for run in self.runs for test in run.tests)

    @property
    def repairable(self) -> tuple[Finding, ...]:
        """The findings that a developer can act on, errors first."""
        acted_on = [finding for finding in self.findings if finding.severity is not Severity.INFO]
        return tuple(sorted(acted_on, key=lambda finding: finding.severity is not Severity.ERROR))
