"""Projects, timelines, scores, use and addresses, as tables and lines of text."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.table import Column, Table
from rich.text import Text

from agenticai.client.stack import DeployedStack
from agenticai.display.console import Display, TextPart, join_text, make_figure_columns, make_grid
from agenticai.display.printable import printable
from agenticai.emulator.core.usage_records import Usage
from shared.models.events import EventType, TimelineEvent
from shared.models.quality import QualityReport
from shared.models.template import TemplateSummary
from shared.models.views import ProjectPage, ProjectSummaryView
from shared.models.workflow import ProjectStatus

COLOURS: Final[Mapping[ProjectStatus, str]] = {
    ProjectStatus.COMPLETED: "green",
    ProjectStatus.FAILED: "red",
    ProjectStatus.NEEDS_REVIEW: "yellow",
    ProjectStatus.WAITING_FOR_QUOTA: "yellow",
}

ASKED: Final[Mapping[EventType, str]] = {
    EventType.PROJECT_CREATED: "created",
    EventType.CHANGE_REQUESTED: "change",
    EventType.DEPLOYMENT_REQUESTED: "deployment",
    EventType.RETRY_REQUESTED: "retry",
}
"""Short names of users' requests."""

WIDE: Final = 90
"""The width in columns from which on a list has room for columns that are not needed to choose from it."""


def tabulate_timeline(events: tuple[TimelineEvent, ...]) -> Table:
    """Return a table of every piece of work with its start, and its duration in seconds."""
    finished = [event for event in events if event.type is not EventType.WORK_STARTED]
    columns = [*make_figure_columns("began", "took"), *map(Column, ("agent", "work", "attempt", "then"))]
    return make_grid(columns, [_make_row(event, events[0]) for event in finished], "Timeline")


def _make_row(event: TimelineEvent, first: TimelineEvent) -> tuple[str | tuple[str, str], ...]:
    duration = (event.duration_ms or 0) / 1000
    start = (event.at - first.at).total_seconds() - duration
    work, attempt = describe_event(event), str(event.attempt or "")
    return f"{start:.2f}", f"{duration:.2f}", event.agent, work, attempt, colour_status(event.status)


def tabulate_score(report: QualityReport) -> Table:
    """Return a table of the parts of a report's score, which add up to it."""
    rows = [
        (
            part.name,
            f"{part.points:g} of {part.weight:g}" if part.measured else "not measured",
            part.explanation,
        )
        for part in report.parts
    ]
    return make_grid(("part", *make_figure_columns("points"), "why"), rows, f"Quality score: {report.score:g} of 100")


def tabulate_usage(used: Usage) -> Table:
    """Return a table of a project's AWS calls and Lambda use, by caller."""
    services = list(used.calls_by_service)
    functions = {row.function: row for row in used.functions}
    rows = []
    callers = {(row.function or "", row.caller) for row in used.calls}
    for caller in sorted(callers | {(function, "function") for function in functions}):  # some functions make no calls
        function = functions.get(caller[0]) if caller[1] == "function" else None
        counts = [
            sum(r.calls for r in used.calls if (r.function or "", r.caller) == caller and r.service == service)
            for service in services
        ]
        lambda_use = [str(function.invocations), f"{function.gb_seconds:.2f}"] if function else ["", ""]
        label = caller[0] if caller[1] == "function" else f"{caller[1]} {caller[0]}".strip()
        rows.append((label, *lambda_use, *(str(count or "") for count in counts)))
    title = f"AWS use: {used.total_calls} calls, {used.gb_seconds:.2f} Lambda GB-seconds"
    return make_grid(("caller", *make_figure_columns("invocations", "GB-s", *services)), rows, title)


def tabulate_projects(page: ProjectPage, width: int) -> Table:
    """Return a table of projects that fits `width` columns; ids are never cut."""
    wide = width >= WIDE
    columns = [Column(name, no_wrap=True) for name in ("id", "status", "score", *(["created"] if wide else []))]
    rows = list[tuple[TextPart, ...]]()
    for project in page.items:
        points = "" if project.score is None else f"{project.score:g}"
        created = [project.created_at.strftime("%Y-%m-%d %H:%M:%S")] if wide else []
        rows.append((project.id, colour_status(project.status), points, *created, printable(project.name)))
    return make_grid((*columns, "name"), rows)


def tabulate_templates(listed: list[TemplateSummary], without_key: Mapping[str, bool]) -> Table:
    """Return a table of templates; `without_key` says, if known, which of them have stored replies."""
    labels: Mapping[bool, TextPart] = {True: "stored", False: ("needs a key", "yellow")}
    rows = [
        (template.id, template.name, template.description, *([labels[without_key[template.id]]] if without_key else []))
        for template in listed
    ]
    return make_grid((Column("id", no_wrap=True), "name", "what it is", *(["replies"] if without_key else [])), rows)


def format_project(project: ProjectSummaryView) -> Text:
    """Format a project on one line."""
    points = "" if project.score is None else f", score {project.score:g}"
    return join_text(project.id, " ", (printable(project.name), "bold"), ": ", colour_status(project.status), points)


def format_addresses(running: DeployedStack) -> tuple[Text, ...]:
    """Return the addresses of the API and AWS, one line each."""
    endpoint, region, secret = running.target.endpoint_url, running.target.region, running.control_token
    engine_name = running.target.name if running.target.name != "embedded" else ""
    return (
        join_text("\n  ", ("API", "bold"), f"       {running.outputs.api_url}\n"),
        join_text("  ", ("Token", "bold"), f"     {running.token}\n"),
        join_text("  ", ("AWS", "bold"), f"       {endpoint}  (region {region}, any credentials)\n"),
        *((join_text("  ", ("Engine", "bold"), f"    {engine_name}\n"),) if engine_name else ()),
        *((join_text("  ", ("Control", "bold"), f"   AGENTICAI_CONTROL_TOKEN={secret}\n"),) if secret else ()),
    )


def describe_event(event: TimelineEvent) -> str:
    """Return what an event is about: a piece of work, or a user's request."""
    return ASKED.get(event.type) or printable(describe_work(event.work))


def describe_work(work: str) -> str:
    """Format the key of a piece of work: TASK#1.0#store is "store", TEST#1.0 is "test 1.0"."""
    kind, *rest = work.split("#")
    return rest[1] if kind == "TASK" and len(rest) > 1 else " ".join([kind.lower(), *rest])


def colour_status(status: ProjectStatus) -> tuple[str, str]:
    """Return a status with its colour."""
    return status.value, COLOURS.get(status, "blue")


def show_refused(screen: Display, reasons: Sequence[str]) -> None:
    """Show which files were not written, with the reasons."""
    for reason in reasons:
        screen.say(("not written:", "red"), f" {reason}")
