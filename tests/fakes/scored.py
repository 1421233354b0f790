"""Projects with QA's reports, behind an API that counts its requests."""

from datetime import UTC, datetime
from typing import Any

from agenticai.client.errors import ApiError
from shared.models.project import Revision, TokenUsage
from shared.models.quality import Finding, QualityReport, ScorePart
from shared.models.records import WorkState
from shared.models.severity import Severity
from shared.models.views import ProjectPage, ProjectSummaryView, TestView
from shared.models.workflow import ProjectStatus

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def project_id(number: int) -> str:
    """The id of a project."""
    return f"01KK{number:022}"


def project(number: int, score: float | None = 100, **changes: Any) -> ProjectSummaryView:
    """A project in a list."""
    made = ProjectSummaryView(
        id=project_id(number),
        name=f"Project {number}",
        status=ProjectStatus.COMPLETED,
        revision=Revision(build=1),
        created_at=AT,
        updated_at=AT,
        score=score,
        failure=None,
        tokens=TokenUsage(),
    )
    return made.model_copy(update=changes)


def finding(rule: str, message: str = "it is wrong", severity: Severity = Severity.WARNING) -> Finding:
    """Return a finding in some file."""
    return Finding(path="a.py", line=1, rule=rule, severity=severity, message=message)


def report(*findings: Finding, lint: float = 20, tests: float | None = 40) -> QualityReport:
    """Return a report with two parts: lint of 20 points, and tests of 40, which may be unmeasured."""
    parts = (
        ScorePart(name="lint", weight=20, points=lint, measured=True, explanation=""),
        ScorePart(name="tests", weight=40, points=tests or 0, measured=tests is not None, explanation=""),
    )
    return QualityReport(
        revision=Revision(build=1),
        score=90,
        passed=True,
        parts=parts,
        findings=findings,
        measured=(),
        not_measured=(),
    )


class FakeScores:
    """An API with projects and a report for each; those without a report are deleted."""

    def __init__(self, reports: dict[int, QualityReport], projects: list[ProjectSummaryView] | None = None) -> None:
        self.reports = {project_id(number): report for number, report in reports.items()}
        self.projects = [project(number) for number in reports] if projects is None else projects
        self.asked: list[str] = []

    def list_projects(self, limit: int = 20, cursor: str | None = None) -> ProjectPage:
        start = int(cursor or 0)
        rest = start + limit < len(self.projects)
        return ProjectPage(items=self.projects[start : start + limit], next=str(start + limit) if rest else None)

    def list_tests(self, project_id: str) -> list[TestView]:
        self.asked.append(project_id)
        if project_id not in self.reports:
            raise ApiError("The API refused this (404): there is no such project.")
        ended = TestView(
            revision=Revision(build=1),
            state=WorkState.DONE,
            score=90,
            passed=True,
            report_url=project_id,
            page_url=None,
        )
        runs = ended.model_copy(update={"report_url": None})
        return [ended, runs]

    def read_report(self, test: TestView) -> QualityReport:
        return self.reports[str(test.report_url)]
