"""The section of a page for one replay: what is wrong, each project's course, and what was used."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from agenticai.emulator.faults.rules import Fired
from agenticai.scenarios.reports.chart import chart
from agenticai.scenarios.reports.course import course_of
from agenticai.scenarios.reports.document import ProjectReport, ScenarioReport
from agenticai.scenarios.reports.figures import clock, duration
from agenticai.scenarios.reports.markup import tag
from shared.models.events import TimelineEvent

MARKS: Final = {"passed": "✓", "failed": "✗", "skipped": "-"}
CHARTS: Final = 6
"""Of so many projects the course is drawn at once; those of the others are folded away."""

SHARE_WIDTH: Final = 120
LEGEND: Final = {
    "done": "done",
    "failed": "failed, or put off",
    "killed": "killed or timed out",
    "idle": "found nothing left to do",
    "waiting": "in a queue",
    "fault": "fault",
}


def section(scenario: ScenarioReport, anchor: str, *, opened: bool) -> Element:
    """The section, which folds; `anchor` is its id."""
    element = tag(
        "details",
        tag(
            "summary",
            tag("span", MARKS[scenario.outcome], class_=f"mark {scenario.outcome}"),
            tag("h2", scenario.name),
            tag("span", scenario.description, class_="what"),
            tag("span", duration(scenario.wall_s), class_="took"),
        ),
        tag("div", _body(scenario), class_="body"),
        class_="scenario",
        id=anchor,
    )
    if opened:
        element.set("open", "")
    return element


def _body(scenario: ScenarioReport) -> Iterator[Element]:
    if scenario.evidence:
        yield tag("div", tag("pre", "\n".join(scenario.evidence)), class_="evidence")
    yield from (tag("p", f"Left out: {part}", class_="note") for part in (*scenario.left_out, scenario.skipped) if part)
    projects = [_project(project, scenario) for project in scenario.projects]
    yield from projects[:CHARTS]
    if projects[CHARTS:]:
        yield tag(
            "details", tag("summary", f"{len(projects[CHARTS:])} more projects"), projects[CHARTS:], class_="more"
        )
    if projects:
        yield tag("div", _used(scenario), class_="columns")


def _project(project: ProjectReport, scenario: ScenarioReport) -> Element:
    facts = [project.project_type, f"{len(project.files)} files" if project.files else None]
    facts += [f"its own {project.tests_ran} tests pass" if project.tests_ran else None]
    status = str(project.status or "gone")
    return tag(
        "div",
        tag(
            "header",
            tag("h3", project.name),
            tag("span", project.end, class_=f"pill {status}"),
            tag("span", " · ".join(fact for fact in facts if fact), class_="facts"),
            tag("code", project.id, class_="facts"),
        ),
        tag("p", project.failure, class_="failure") if project.failure else None,
        _course(project, scenario),
        class_="project",
    )


def _course(project: ProjectReport, scenario: ScenarioReport) -> Iterator[Element]:
    course = course_of(project, scenario)
    if course.changes:
        yield tag("div", chart(course, project.name), class_="scroll")
    if project.events:
        first = project.events[0].at
        columns = ("at", "agent", "work", "attempt", "took", "status", "what")
        head = tag("tr", (tag("th", column) for column in columns))
        rows = (_event(event, first) for event in project.events)
        yield tag(
            "details", tag("summary", "Events"), tag("div", tag("table", head, rows), class_="scroll"), class_="more"
        )


def _event(event: TimelineEvent, first: datetime) -> Element:
    took = "" if event.duration_ms is None else duration(event.duration_ms / 1000)
    cells = (event.agent, event.work, str(event.attempt or ""), took, event.status, f"{event.type}. {event.detail}")
    return tag("tr", tag("td", clock(event.at - first), class_="number"), (tag("td", cell) for cell in cells))


def legend() -> Element:
    """What the colours of the drawings stand for."""
    entries = (tag("span", tag("i", class_=kind), what) for kind, what in LEGEND.items())
    return tag("div", entries, tag("span", "⌇ time that is drawn shorter"), class_="legend")


def _used(scenario: ScenarioReport) -> Iterator[Element]:
    most = max(scenario.calls_by_service.values(), default=1)
    calls = (
        tag(
            "tr",
            tag("td", service),
            tag("td", str(count), class_="number"),
            tag("td", tag("span", class_="share", style=f"width:{SHARE_WIDTH * count / most:.0f}px")),
        )
        for service, count in scenario.calls_by_service.items()
    )
    yield tag("div", tag("h4", "AWS calls"), tag("table", calls))
    yield tag("div", tag("h4", "Functions"), tag("table", _functions(scenario)))
    if scenario.fired:
        yield tag("div", tag("h4", "Faults"), tag("table", (_fault(fired, scenario) for fired in scenario.fired)))
    letters = [(agent, body) for agent, bodies in scenario.dead_letters.items() for body in bodies]
    if letters:
        rows = (tag("tr", tag("td", agent), tag("td", tag("code", body))) for agent, body in letters)
        yield tag("div", tag("h4", "Dead letters"), tag("table", rows))


def _fault(fired: Fired, scenario: ScenarioReport) -> Element:
    """A fault in a row; what befell a delivery begins with the name of the queue, which is shown as its agent's."""
    where, what = scenario.agents.get(fired.function or "", ""), fired.what
    if fired.function is None:
        queue, _, what = fired.what.partition(": ")
        where = f"{scenario.agents.get(queue, queue)} queue"
    return tag(
        "tr",
        tag("td", f"{fired.at:%H:%M:%S}", class_="number"),
        tag("td", where, class_="agent"),
        tag("td", what),
    )


def _functions(scenario: ScenarioReport) -> Iterator[Element]:
    """What each function's invocations came to."""
    columns = ("", "invocations", "cold", "errors", "GB-s")
    yield tag("tr", (tag("th", column, class_="number" if column else "") for column in columns))
    for name in dict.fromkeys(done.function for done in scenario.invocations):
        mine = [done for done in scenario.invocations if done.function == name]
        figures = (len(mine), sum(d.cold_start for d in mine), sum(d.error_type is not None for d in mine))
        gb_seconds = f"{sum(done.gb_seconds for done in mine):,.2f}"
        cells = (tag("td", str(figure or ""), class_="number") for figure in (*figures, gb_seconds))
        yield tag("tr", tag("td", scenario.agents.get(name, name)), cells)
