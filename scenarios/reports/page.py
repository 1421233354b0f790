"""A run as one page for people, which needs nothing but itself: totals, a table, and a section for each replay."""

from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Final
from xml.etree.ElementTree import Element

from agenticai.scenarios.reports.document import RunReport, ScenarioReport
from agenticai.scenarios.reports.figures import dollars, duration
from agenticai.scenarios.reports.markup import html, tag
from agenticai.scenarios.reports.section import MARKS, legend, section

FRAME: Final = Path(__file__).with_name("page.html")
OPENED: Final = 6
"""Up to so many replays, all sections are open from the start."""


def page(report: RunReport) -> str:
    """The page; what scenarios, projects and errors say is escaped."""
    anchors = {f"{scenario.name}-{place}": scenario for place, scenario in enumerate(report.scenarios, start=1)}
    opened = len(anchors) <= OPENED
    sections = [
        section(scenario, anchor, opened=opened or scenario.outcome == "failed") for anchor, scenario in anchors.items()
    ]
    content = [*_head(report), _tiles(report), _table(anchors), legend(), *sections, _foot()]
    title = f"Replay of {report.started_at:%d %B %Y, %H:%M}"
    return Template(FRAME.read_text(encoding="utf-8")).substitute(title=title, content=html(content))


def _head(report: RunReport) -> Iterator[Element]:
    counts = {outcome: report.count(outcome) for outcome in ("failed", "passed", "skipped")}
    pills = (tag("span", f"{n} {outcome}", class_=f"pill {outcome}") for outcome, n in counts.items() if n)
    yield tag("header", tag("h1", "Replayed scenarios"), pills)
    repeated = f", each {report.repeat} times" if report.repeat > 1 else ""
    at = f"{report.started_at:%d %B %Y, %H:%M:%S} UTC"
    yield tag("p", f"{at} · target {report.target} · seed {report.seed}{repeated}", class_="facts")


def _tiles(report: RunReport) -> Element:
    scenarios = report.scenarios
    skipped = sum(scenario.skipped_s for scenario in scenarios)
    tiles = {
        "of real time": duration(report.wall_s),
        "of engine time skipped": duration(skipped) if skipped >= 1 else "none",
        "projects": f"{sum(len(scenario.projects) for scenario in scenarios):,}",
        "faults put to effect": f"{sum(len(scenario.fired) for scenario in scenarios):,}",
        "AWS calls": f"{sum(sum(scenario.calls_by_service.values()) for scenario in scenarios):,}",
        "Lambda GB-seconds": f"{sum(scenario.gb_seconds for scenario in scenarios):,.0f}",
        "on AWS, free tier aside": dollars(sum(scenario.cost_usd for scenario in scenarios)),
    }
    return tag(
        "div",
        (tag("div", tag("b", figure), tag("span", what), class_="tile") for what, figure in tiles.items()),
        class_="tiles",
    )


def _table(anchors: dict[str, ScenarioReport]) -> Element:
    columns = ("took", "skipped", "faults", "AWS calls", "GB-s", "cost")
    head = tag(
        "tr", tag("th"), tag("th", "scenario"), tag("th", "projects"), (tag("th", c, class_="number") for c in columns)
    )
    return tag(
        "div", tag("table", head, (_row(anchor, scenario) for anchor, scenario in anchors.items())), class_="panel"
    )


def _row(anchor: str, scenario: ScenarioReport) -> Element:
    figures = (
        duration(scenario.wall_s),
        duration(scenario.skipped_s) if scenario.skipped_s >= 1 else "",
        str(len(scenario.fired) or ""),
        f"{sum(scenario.calls_by_service.values()):,}",
        f"{scenario.gb_seconds:,.2f}",
        dollars(scenario.cost_usd),
    )
    return tag(
        "tr",
        tag("td", MARKS[scenario.outcome], class_=f"mark {scenario.outcome}"),
        tag("td", tag("a", scenario.name, href=f"#{anchor}")),
        tag("td", scenario.skipped or scenario.ends),
        (tag("td", figure, class_="number") for figure in figures),
    )


def _foot() -> Element:
    return tag(
        "footer",
        "Costs are at AWS's prices for us-east-1, free tier aside. What the bench itself looks at is in no figure, but"
        " for its requests to the API.",
    )
