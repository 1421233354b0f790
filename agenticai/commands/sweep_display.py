"""How a sweep looks: its progress with rate and estimate, what breaks as it breaks, and a table at the end."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agenticai.display import Display
from agenticai.scenarios.sweeping.ending import Ending
from agenticai.scenarios.sweeping.judging import Judged, Verdict
from agenticai.scenarios.sweeping.seeds import SeedResult
from agenticai.scenarios.sweeping.sweep import CaseResult

EVIDENCE_SHOWN = 4
"""Lines of evidence for each replay that broke something; the JSON document has them all."""

LINE_EVERY = 25
"""Trials between two lines of progress, where there is no terminal to show a bar on."""

COLOURS = {
    Verdict.SURVIVED: "green",
    Verdict.VIOLATED: "red",
    Verdict.NOT_REACHED: "yellow",
    Verdict.CRASHED: "magenta",
}


class RateColumn(ProgressColumn):
    """Replays per second, of late."""

    def render(self, task: Task) -> Text:
        """The rate, once it is known."""
        return Text(f"{task.finished_speed or task.speed or 0:.2f}/s", style="cyan")


class Trials:
    """The progress through some trials; each that broke something is said at once, with how to repeat it."""

    def __init__(self, display: Display, progress: Progress, total: int) -> None:
        self._display = display
        self._progress = progress
        self._task = progress.add_task("", total=total)
        self._total = total
        self._counts: Counter[Verdict] = Counter()

    def ended(self, name: str, judged: Judged, repeat: str) -> None:
        """Count a trial that has ended."""
        self._counts[judged.verdict] += 1
        self._progress.update(self._task, advance=1, description=counted(self._counts))
        if judged.verdict is not Verdict.SURVIVED:
            for line in complaint(name, judged, repeat):
                self._display.say(line)
        ended = self._counts.total()
        if not self._display.console.is_terminal and ended % LINE_EVERY == 0:
            self._display.say(f"  {ended} of {self._total}: {counted(self._counts)}")


@contextmanager
def trials(display: Display, total: int) -> Iterator[Trials]:
    """The progress through so many trials."""
    with Progress(
        BarColumn(30),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=display.console,
        transient=True,
    ) as progress:
        yield Trials(display, progress, total)


def introduction(clean: Ending) -> str:
    """What the clean run came to."""
    ends = ", ".join(f"{escape(name)} {end.status if end else 'deleted'}" for name, end in clean.projects.items())
    services = Counter(call.service for call in clean.calls)
    made = ", ".join(f"{count} {service}" for service, count in services.most_common())
    return f"  {ends}; its functions made {len(clean.calls)} calls: {made}"


def counted(counts: Counter[Verdict]) -> str:
    """How many trials ended how, in words."""
    return ", ".join(f"[{COLOURS[verdict]}]{counts[verdict]} {verdict}[/]" for verdict in Verdict if counts[verdict])


def complaint(name: str, judged: Judged, repeat: str) -> Iterator[str]:
    """What is said of a trial that did not survive, line by line."""
    mark = "[yellow]?[/]" if judged.verdict is Verdict.NOT_REACHED else "[red]✗[/]"
    yield f"{mark} {escape(name)}: [{COLOURS[judged.verdict]}]{judged.verdict}[/]"
    for line in judged.evidence[:EVIDENCE_SHOWN]:
        yield f"    {escape(line)}"
    if len(judged.evidence) > EVIDENCE_SHOWN:
        yield f"    [dim]and {len(judged.evidence) - EVIDENCE_SHOWN} more[/]"
    yield f"    [dim]again: {escape(repeat)}[/]"


def culprit(least: SeedResult, faults: str) -> Iterator[str]:
    """The faults that a schedule was shrunk to, to be put into a scenario's file, and what they break."""
    yield f"[bold]# seed {least.seed}[/]"
    for line in least.judged.evidence[:EVIDENCE_SHOWN]:
        yield escape(f"# {line}")
    yield escape(faults)


def document(judged: Judged) -> dict[str, object]:
    """A verdict for machines."""
    return {"verdict": judged.verdict.value, "evidence": list(judged.evidence)}


def case_table(results: Sequence[CaseResult]) -> Table:
    """The cases by function and operation, with how they ended."""
    table = Table(box=None, pad_edge=False)
    table.add_column("function")
    table.add_column("call")
    shown = [verdict for verdict in Verdict if verdict in _main or any(r.judged.verdict is verdict for r in results)]
    for heading in ("cases", *shown):
        table.add_column(heading, justify="right")
    rows: dict[tuple[str, str], Counter[Verdict]] = {}
    for result in results:
        kind = (result.case.function, f"{result.case.service} {result.case.operation}")
        rows.setdefault(kind, Counter())[result.judged.verdict] += 1
    before = ""
    for (function, call), counts in sorted(rows.items()):
        table.add_row(function if function != before else "", call, *_cells(counts, shown))
        before = function
    table.add_section()
    table.add_row("all", "", *_cells(sum(rows.values(), Counter()), shown), style="bold")
    return table


_main = (Verdict.SURVIVED, Verdict.VIOLATED)


def _cells(counts: Counter[Verdict], shown: Iterable[Verdict]) -> Iterator[str]:
    yield str(counts.total())
    for verdict in shown:
        yield f"[{COLOURS[verdict]}]{counts[verdict]}[/]" if counts[verdict] else "[dim]0[/]"
