"""A run as one self-contained HTML page: totals, a table, and a section for each replay."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agenticai.emulator.faults.rules import Fired
from agenticai.scenarios.reports.chart import Chart
from agenticai.scenarios.reports.course import trace_course
from agenticai.scenarios.reports.document import ProjectReport, RunReport, ScenarioReport
from agenticai.scenarios.reports.figures import format_clock, format_dollars, format_duration

OPENED: Final = 6
"""The number of replays up to which all sections are open from the start."""

CHARTS: Final = 6
"""The number of projects whose charts are drawn at once; those of the others are collapsed."""

MARKS: Final = {"passed": "✓", "failed": "✗", "skipped": "-"}
LEGEND: Final = {
    "done": "done",
    "failed": "failed, or put off",
    "killed": "killed or timed out",
    "idle": "found nothing left to do",
    "waiting": "in a queue",
    "fault": "fault",
}


def render_page(report: RunReport) -> str:
    """Return the page; all text from scenarios, projects and errors is escaped."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=lambda value: f"{value:.1f}" if isinstance(value, float) else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(clock=format_clock, duration=format_duration)
    templates.globals.update(
        chart_of=Chart, charts=CHARTS, course_of=trace_course, facts=_describe_project,
        fault_place=_find_fault_place, figures=_list_figures, legend=LEGEND, marks=MARKS, opened=OPENED,
    )  # fmt: skip
    return templates.get_template("page.html").render(report=report, tiles=_list_tiles(report))


def _list_tiles(report: RunReport) -> dict[str, str]:
    scenarios = report.scenarios
    skipped = sum(scenario.skipped_s for scenario in scenarios)
    return {
        "of real time": format_duration(report.wall_s),
        "of engine time skipped": format_duration(skipped) if skipped >= 1 else "none",
        "projects": f"{sum(len(scenario.projects) for scenario in scenarios):,}",
        "faults applied": f"{sum(len(scenario.fired) for scenario in scenarios):,}",
        "AWS calls": f"{sum(sum(scenario.calls_by_service.values()) for scenario in scenarios):,}",
        "Lambda GB-seconds": f"{sum(scenario.gb_seconds for scenario in scenarios):,.0f}",
        "on AWS, free tier aside": format_dollars(sum(scenario.cost_usd for scenario in scenarios)),
    }


def _list_figures(scenario: ScenarioReport) -> tuple[str, ...]:
    """Return the figures in a scenario's row of the table."""
    return (
        format_duration(scenario.wall_s),
        format_duration(scenario.skipped_s) if scenario.skipped_s >= 1 else "",
        str(len(scenario.fired) or ""),
        f"{sum(scenario.calls_by_service.values()):,}",
        f"{scenario.gb_seconds:,.2f}",
        format_dollars(scenario.cost_usd),
    )


def _describe_project(project: ProjectReport) -> str:
    facts = (
        project.project_type,
        f"{len(project.files)} files" if project.files else None,
        f"its own {project.tests_ran} tests pass" if project.tests_ran else None,
    )
    return " · ".join(filter(None, facts))


def _find_fault_place(fired: Fired, scenario: ScenarioReport) -> tuple[str, str]:
    """Return the place and the kind of a fault; a fault of a delivery is shown at the queue of its agent."""
    if fired.function is not None:
        return scenario.agents.get(fired.function, ""), fired.what
    queue, _, what = fired.what.partition(": ")
    return f"{scenario.agents.get(queue, queue)} queue", what
