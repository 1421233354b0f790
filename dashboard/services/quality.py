"""QA's scores over all projects: their distribution, which parts lose points, and which rules are broken most."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agenticai.client.api import ProjectsApi
from agenticai.client.errors import ApiError
from agenticai.dashboard.services.background import Start, start_thread
from shared.models.quality import QualityReport

if TYPE_CHECKING:
    from shared.models.severity import Severity
    from shared.models.views import ProjectSummaryView

BIN: Final = 10
"""The width in points of one bar of the distribution."""

AT_ONCE: Final = 50
"""The maximum number of reports that one look reads; each takes two requests."""


@dataclass(frozen=True)
class PartRow:
    """A part of the score over all reports: the share of its points that was reached, and which projects lost some."""

    name: str
    reached: float
    lost: float
    projects_losing: int
    not_measured: int


@dataclass(frozen=True)
class RuleRow:
    """A rule, how often it was broken, in how many projects, and its message in the first of them."""

    rule: str
    severity: "Severity"
    findings: int
    projects: int
    message: str


@dataclass(frozen=True)
class Reports:
    """Reports by project; `unread` is left for later looks, and `asked` is the number of API requests made."""

    by_project: dict[str, QualityReport]
    unread: int
    asked: int


def count_scores(projects: Iterable["ProjectSummaryView"]) -> list[dict[str, object]]:
    """Return how many projects of each status are in each step of ten points; 100 is a step of its own."""
    counts = Counter((int(p.score // BIN) * BIN, str(p.status)) for p in projects if p.score is not None)
    return [
        {"from": low, "points": f"{low}" if low == 100 else f"{low}-{low + BIN - 1}", "status": status, "projects": n}
        for (low, status), n in sorted(counts.items())
    ]


def list_part_rows(reports: Iterable[QualityReport]) -> list[PartRow]:
    """Return every part of the score, the one that lost the most points first."""
    parts = defaultdict(list)
    for report in reports:
        for part in report.parts:
            parts[part.name].append(part)
    rows = []
    for name, scored in parts.items():
        measured = [part for part in scored if part.measured]
        weight = sum(part.weight for part in measured)
        points = sum(part.points for part in measured)
        losing_count = sum(part.points < part.weight for part in measured)
        rows.append(
            PartRow(name, points / weight if weight else 0, weight - points, losing_count, len(scored) - len(measured))
        )
    return sorted(rows, key=lambda row: (-row.lost, row.name))


def list_rule_rows(reports: Sequence[QualityReport], most: int = 20) -> list[RuleRow]:
    """Return the rules that are broken most, those in most projects first."""
    findings_by_rule = defaultdict(list)
    projects: Counter[str] = Counter()
    for report in reports:
        for finding in report.findings:
            findings_by_rule[finding.rule].append(finding)
        projects.update({finding.rule for finding in report.findings})
    rows = [
        RuleRow(rule, findings[0].severity, len(findings), projects[rule], findings[0].message)
        for rule, findings in findings_by_rule.items()
    ]
    return sorted(rows, key=lambda row: (-row.projects, -row.findings, row.rule))[:most]


class ReportReader:
    """Reads the latest report of every project, a few at each look, and caches them. Thread-safe.

    A report never changes, but a project gets a new one with each revision.
    """

    def __init__(self, start: Start = start_thread) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._reading_lock = threading.Lock()
        self._reports: dict[tuple[str, str], QualityReport | None] = {}
        self._asked_count = 0

    def look(self, api: ProjectsApi, projects: Iterable["ProjectSummaryView"], at_once: int = AT_ONCE) -> Reports:
        """Return the known reports of these projects, and start to read a few more for the next look."""
        wanted_projects = {
            (project.id, str(project.revision)): project.id for project in projects if project.score is not None
        }
        with self._lock:
            self._reports = {key: report for key, report in self._reports.items() if key in wanted_projects}
            new_keys = [key for key in wanted_projects if key not in self._reports]
        if new_keys and self._reading_lock.acquire(blocking=False):
            self._start(lambda: self._read_some(api, new_keys[:at_once]))
        with self._lock:
            known = {wanted_projects[key]: report for key, report in self._reports.items() if report}
            return Reports(known, len(wanted_projects.keys() - self._reports.keys()), self._asked_count)

    def _read_some(self, api: ProjectsApi, keys: Sequence[tuple[str, str]]) -> None:
        try:
            for key in keys:
                report = self._read_report(api, key[0])
                with self._lock:
                    self._reports[key] = report
        finally:
            self._reading_lock.release()

    def _read_report(self, api: ProjectsApi, project_id: str) -> QualityReport | None:
        """Return the latest report; None if there is none, for example because the project was deleted meanwhile."""
        try:
            self._asked_count += 1
            test = next((test for test in reversed(api.list_tests(project_id)) if test.report_url), None)
            if test is None:
                return None
            self._asked_count += 1
            return api.read_report(test)
        except (ApiError, ValueError):
            return None


def find_worst(projects: Iterable["ProjectSummaryView"], most: int = 10) -> Iterator["ProjectSummaryView"]:
    """Yield the projects with the lowest scores, the lowest first."""
    scored = [project for project in projects if project.score is not None and project.score < 100]
    yield from sorted(scored, key=lambda project: project.score or 0)[:most]
