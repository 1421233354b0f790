"""QA's scores over projects: spread, parts, rules, and reports that are read once, a few at a time."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from agenticai.client.api import list_all_projects
from agenticai.dashboard.services.quality import (
    ReportReader,
    count_scores,
    find_worst,
    list_part_rows,
    list_rule_rows,
)
from shared.models.project import Revision
from shared.models.severity import Severity
from shared.models.workflow import ProjectStatus
from tests.fakes.scored import FakeScores, finding, project, project_id, report

if TYPE_CHECKING:
    from agenticai.client.api import ProjectsApi


def as_api(fake: FakeScores) -> "ProjectsApi":
    return cast("ProjectsApi", fake)


def test_every_page_of_projects_is_read() -> None:
    projects = [project(number) for number in range(250)]
    assert list(list_all_projects(as_api(FakeScores({}, projects)))) == projects


def test_scores_are_counted_in_steps_of_ten_and_a_hundred_by_itself() -> None:
    failed = ProjectStatus.NEEDS_REVIEW
    projects = [project(1, 100), project(2, 99.9), project(3, 90), project(4, 5, status=failed), project(5, None)]
    assert [(bar["points"], bar["status"], bar["projects"]) for bar in count_scores(projects)] == [
        ("0-9", "NEEDS_REVIEW", 1),
        ("90-99", "COMPLETED", 2),
        ("100", "COMPLETED", 1),
    ]


def test_the_part_that_lost_the_most_points_is_first_and_what_was_not_measured_loses_none() -> None:
    rows = list_part_rows([report(lint=20, tests=None), report(lint=18, tests=30)])
    assert [(row.name, row.reached, row.lost, row.projects_losing, row.not_measured) for row in rows] == [
        ("tests", 0.75, 10, 1, 1),
        ("lint", 0.95, 2, 1, 0),
    ]


def test_rules_broken_in_most_projects_are_first() -> None:
    noisy = report(finding("F401"), finding("F401"), finding("F401"))
    other = report(finding("S105", "a password", Severity.ERROR))
    again = report(finding("S105", "another"))
    rows = list_rule_rows([noisy, other, again])
    assert [(row.rule, row.projects, row.findings, row.message) for row in rows] == [
        ("S105", 2, 2, "a password"),
        ("F401", 1, 3, "it is wrong"),
    ]
    assert rows[0].severity is Severity.ERROR
    assert len(list_rule_rows([noisy, other], most=1)) == 1


def test_the_lowest_scores_are_those_that_lost_points() -> None:
    projects = [project(1, 95), project(2, 100), project(3, None), project(4, 12)]
    assert [found.id for found in find_worst(projects)] == [project_id(4), project_id(1)]


def test_reports_are_read_a_few_at_a_time_and_each_once() -> None:
    api = FakeScores({number: report() for number in range(5)})
    reader = ReportReader(start=lambda read: read())
    first = reader.look(as_api(api), api.projects, at_once=3)
    assert (len(first.by_project), first.unread, first.asked) == (3, 2, 6)
    second = reader.look(as_api(api), api.projects, at_once=3)
    assert (len(second.by_project), second.unread, second.asked) == (5, 0, 10)
    assert reader.look(as_api(api), api.projects, at_once=3).asked == 10


def test_a_new_revision_has_a_new_report() -> None:
    api = FakeScores({1: report(lint=1)})
    reader = ReportReader(start=lambda read: read())
    reader.look(as_api(api), api.projects)
    api.reports[project_id(1)] = report(lint=2)
    api.projects = [project(1, revision=Revision(build=2))]
    (read,) = reader.look(as_api(api), api.projects).by_project.values()
    assert read.parts[0].points == 2


def test_a_project_that_is_gone_or_not_scored_has_no_report() -> None:
    api = FakeScores({1: report()}, [project(1), project(2), project(3, None)])
    read = ReportReader(start=lambda read: read()).look(as_api(api), api.projects)
    assert list(read.by_project) == [project_id(1)]
    assert project_id(3) not in api.asked


def test_reports_are_read_while_the_page_is_drawn_and_only_once_at_a_time() -> None:
    api, begun = FakeScores({number: report() for number in range(2)}), list[Callable[[], None]]()
    reader = ReportReader(start=begun.append)
    for _ in range(2):
        assert (reader.look(as_api(api), api.projects).by_project, len(begun)) == ({}, 1)
    begun.pop()()
    read = reader.look(as_api(api), api.projects)
    assert (len(read.by_project), read.unread, begun) == (2, 0, [])
