"""How the bench looks in a terminal: live progress, tables, and plain text where there is no terminal."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table
from rich.text import Text

from agenticai.emulator.meter.records import Usage
from shared.models.events import EventType, TimelineEvent
from shared.models.quality import QualityReport
from shared.models.template import TemplateSummary
from shared.models.views import ProjectPage, ProjectView
from shared.models.workflow import FINAL, ProjectStatus

_COLOURS = {
    ProjectStatus.COMPLETED: "green",
    ProjectStatus.FAILED: "red",
    ProjectStatus.NEEDS_REVIEW: "yellow",
    ProjectStatus.WAITING_FOR_QUOTA: "yellow",
}


_REPLIES = {True: "stored", False: "[yellow]needs a key[/]"}

PLAIN_WIDTH = 160
"""Columns where there is no terminal to ask: a line stays a line for whoever searches it."""


class Display:
    """Writes to standard output: for people, or with `as_json` one document for machines."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = Console(quiet=as_json, highlight=False)
        if not self.console.is_terminal:
            self.console.width = PLAIN_WIDTH

    def say(self, text: str) -> None:
        """A line for people, with Rich's markup."""
        self.console.print(text, soft_wrap=True)

    def quote(self, text: str) -> None:
        """Text that was written elsewhere, as it is: nothing in it is markup."""
        self.console.print(Text(text), soft_wrap=True)

    def emit(self, document: Any) -> None:
        """The result for machines, as one JSON document; nothing unless that was asked for."""
        if self.as_json:
            print(json.dumps(_plain(document), indent=2), flush=True)  # noqa: T201 - the output itself

    @contextmanager
    def step(self, title: str) -> Iterator["Step"]:
        """A step that takes a while: a spinner with what it does now, then, when it is done, one line."""
        with self.console.status(title) as status:
            yield Step(self, status, title)


class Step:
    """A step that runs; `done` says that it has ended well, and how long it took."""

    def __init__(self, display: Display, status: Status, title: str) -> None:
        self._display = display
        self._status = status
        self._title = title
        self._began = monotonic()

    def update(self, text: str) -> None:
        """Show what it does now."""
        self._status.update(escape(text))

    def done(self) -> None:
        """Put the line that stays in the spinner's place."""
        self._status.stop()
        self._display.say(f"[green]✓[/] {escape(self._title)} [dim]{monotonic() - self._began:.1f} s[/]")


class Following:
    """Shows a project's events as they come, and between them who works on what, and for how long."""

    def __init__(self, display: Display, status: Status) -> None:
        self._display = display
        self._status = status
        self._running: dict[str, tuple[TimelineEvent, float]] = {}

    def __call__(self, event: TimelineEvent | None) -> None:
        """Take the next event; None only moves the clock."""
        if event is not None:
            self._take(event)
        now = monotonic()
        running = [f"{event.agent} {_work(event)} ({now - since:.0f} s)" for event, since in self._running.values()]
        self._status.update(", ".join(running) or "waiting for a queue")

    def _take(self, event: TimelineEvent) -> None:
        if event.type is EventType.WORK_STARTED:
            self._running[event.work] = (event, monotonic())
            return
        self._running.pop(event.work, None)
        mark = "[red]✗[/]" if event.type is EventType.WORK_FAILED else "[green]✓[/]"
        duration = "" if event.duration_ms is None else f"{event.duration_ms / 1000:.2f} s"
        queue = f"{event.agent}-queue → {event.agent}" if event.agent != "api" else "api"
        ended = event.type is EventType.WORK_FAILED and event.status in FINAL
        detail = "" if ended else event.detail.partition("\n")[0]  # why it ended is told at the end
        self._display.say(
            f"{mark} {queue:<16} {escape(_work(event)):<14} [dim]{duration:>7}[/]  {_status(event.status)}"
            f"  {escape(detail)}"
        )


def timeline(events: tuple[TimelineEvent, ...]) -> Table:
    """Every piece of work with when it began and how long it took, in seconds."""
    table = Table(title="Timeline", title_justify="left", box=None, pad_edge=False)
    for column in ("began", "took"):
        table.add_column(column, justify="right", style="cyan")
    for column in ("agent", "work", "attempt", "then"):
        table.add_column(column)
    start = events[0].at
    for event in events:
        if event.type is EventType.WORK_STARTED:
            continue
        took = (event.duration_ms or 0) / 1000
        began = (event.at - start).total_seconds() - took
        row = (f"{began:.2f}", f"{took:.2f}", event.agent, escape(_work(event)), str(event.attempt or ""))
        table.add_row(*row, _status(event.status))
    return table


def score(report: QualityReport) -> Table:
    """The parts of a report's score, which add up."""
    table = Table(title=f"Quality score: {report.score:g} of 100", title_justify="left", box=None, pad_edge=False)
    table.add_column("part")
    table.add_column("points", justify="right", style="cyan")
    table.add_column("why")
    for part in report.parts:
        points = f"{part.points:g} of {part.weight:g}" if part.measured else "not measured"
        table.add_row(part.name, points, escape(part.explanation))
    return table


def usage(used: Usage) -> Table:
    """AWS calls and Lambda use of a project, by caller."""
    services = list(used.calls_by_service)
    title = f"AWS use: {used.total_calls} calls, {used.gb_seconds:.2f} Lambda GB-seconds"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("caller")
    for name in ("invocations", "GB-s", *services):
        table.add_column(name, justify="right", style="cyan")
    functions = {row.function: row for row in used.functions}
    for caller in sorted({(row.function or "", row.caller) for row in used.calls}):
        function = functions.get(caller[0]) if caller[1] == "function" else None
        counts = [
            sum(r.calls for r in used.calls if (r.function or "", r.caller) == caller and r.service == service)
            for service in services
        ]
        lambda_use = [str(function.invocations), f"{function.gb_seconds:.2f}"] if function else ["", ""]
        label = caller[0] if caller[1] == "function" else f"{caller[1]} {caller[0]}".strip()
        table.add_row(label, *lambda_use, *(str(count or "") for count in counts))
    return table


def projects(page: ProjectPage) -> Table:
    """A list of projects."""
    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "status", "score", "created"):
        table.add_column(column)
    for project in page.items:
        points = "" if project.score is None else f"{project.score:g}"
        created = project.created_at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(project.id, escape(project.name), _status(project.status), points, created)
    return table


def templates(listed: list[TemplateSummary], without_key: Mapping[str, bool]) -> Table:
    """A list of templates; `without_key` says, where that is known, which of them stored replies answer."""
    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "what it is", *(["replies"] if without_key else [])):
        table.add_column(column)
    for template in listed:
        replies = [_REPLIES[without_key[template.id]]] if without_key else []
        table.add_row(template.id, escape(template.name), escape(template.description), *replies)
    return table


def refused(screen: Display, reasons: Sequence[str]) -> None:
    """Say which files were not written, and why."""
    for reason in reasons:
        screen.say(f"[red]not written:[/] {escape(reason)}")


def project_line(project: ProjectView) -> str:
    """A project in one line; `outcome_display.reason` says why it failed."""
    points = "" if project.score is None else f", score {project.score:g}"
    return f"{project.id} [bold]{escape(project.name)}[/]: {_status(project.status)}{points}"


def _work(event: TimelineEvent) -> str:
    """The work in words: TASK#1.0#store is "store", TEST#1.0 is "test 1.0"."""
    kind, *rest = event.work.split("#")
    return rest[1] if kind == "TASK" else " ".join([kind.lower(), *rest])


def _status(status: ProjectStatus) -> str:
    colour = _COLOURS.get(status, "blue")
    return f"[{colour}]{status}[/]"


def _plain(document: Any) -> Any:
    if isinstance(document, BaseModel):
        return document.model_dump(mode="json")
    if isinstance(document, dict):
        return {key: _plain(value) for key, value in document.items()}
    return [_plain(member) for member in document] if isinstance(document, list | tuple) else document


def counted(number: int, noun: str) -> str:
    """So many of something, in words: 1 file, 2 files."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def from_here(path: Path) -> str:
    """A path as one would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def this_command(started: str = sys.argv[0], python: str = sys.executable, search: str | None = None) -> str:
    """This command line as it was started, to be pasted in front of a command.

    `started` is the path of the program, `python` what runs it; `search` is a PATH other than this process's.
    """
    program = Path(started)
    if program.name == "__main__.py":
        return f"{shlex.quote(from_here(Path(python)))} -m {program.parent.name}"
    found = shutil.which(program.name, path=search)
    if found and program.exists() and program.samefile(found):
        return program.name
    return shlex.quote(from_here(program))
