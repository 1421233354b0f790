"""The display of a sweep: progress with rate and estimate, each failure at once, and a table at the end."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agenticai.display.console import Display, TextPart, join_text, make_figure_columns, make_grid
from agenticai.scenarios.sweeping.ending import Ending
from agenticai.scenarios.sweeping.judging import TrialJudgement, TrialVerdict
from agenticai.scenarios.sweeping.seeds import SeedResult
from agenticai.scenarios.sweeping.sweep import CaseResult

EVIDENCE_SHOWN = 4
"""The number of lines of evidence for each replay that broke something; the JSON document has all of them."""

LINE_EVERY = 25
"""The number of trials between two lines of progress, if there is no terminal for a progress bar."""

COLOURS = {
    TrialVerdict.SURVIVED: "green",
    TrialVerdict.VIOLATED: "red",
    TrialVerdict.NOT_REACHED: "yellow",
    TrialVerdict.CRASHED: "magenta",
}


class RateColumn(ProgressColumn):
    """The recent number of replays per second."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing until it is known."""
        return Text(f"{task.finished_speed or task.speed or 0:.2f}/s", style="cyan")


class CountsColumn(ProgressColumn):
    """The number of trials by verdict."""

    def render(self, task: Task) -> Text:
        """Return the counts that the task was last given."""
        counts: Text = task.fields["counts"]
        return counts


class Trials:
    """The progress of some trials; each failure is printed at once, with the command that repeats it."""

    def __init__(self, display: Display, progress: Progress, total: int) -> None:
        self._display = display
        self._progress = progress
        self._task = progress.add_task("", total=total, counts=Text())
        self._total = total
        self._counts: Counter[TrialVerdict] = Counter()

    def count_trial(self, name: str, judged: TrialJudgement, repeat: str) -> None:
        """Count a trial that has ended."""
        self._counts[judged.verdict] += 1
        self._progress.update(self._task, advance=1, counts=count_ended(self._counts))
        if judged.verdict is not TrialVerdict.SURVIVED:
            for line in describe_failed_trial(name, judged, repeat):
                self._display.say(line)
        finished = self._counts.total()
        if not self._display.console.is_terminal and finished % LINE_EVERY == 0:
            self._display.say(f"  {finished} of {self._total}: ", count_ended(self._counts))


@contextmanager
def trials(display: Display, total: int) -> Iterator[Trials]:
    """Show the progress of `total` trials."""
    with Progress(
        BarColumn(30),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        CountsColumn(),
        console=display.console,
        transient=True,
    ) as progress:
        yield Trials(display, progress, total)


def describe_clean_run(clean: Ending) -> str:
    """Return the result of the clean run."""
    outcomes = ", ".join(f"{name} {end.status if end else 'deleted'}" for name, end in clean.projects.items())
    services = Counter(call.service for call in clean.calls)
    calls = ", ".join(f"{count} {service}" for service, count in services.most_common())
    return f"  {outcomes}; its functions made {len(clean.calls)} calls: {calls}"


def count_ended(counts: Counter[TrialVerdict]) -> Text:
    """Return the number of trials by verdict, in words; empty if none has ended."""
    parts = (
        join_text((f"{counts[verdict]} {verdict}", COLOURS[verdict])) for verdict in TrialVerdict if counts[verdict]
    )
    return join_text(", ").join(parts)


def describe_failed_trial(name: str, judged: TrialJudgement, repeat: str) -> Iterator[Text]:
    """Yield the lines about a trial that did not survive."""
    mark = ("?", "yellow") if judged.verdict is TrialVerdict.NOT_REACHED else ("✗", "red")
    yield join_text(mark, f" {name}: ", (judged.verdict, COLOURS[judged.verdict]))
    for line in judged.evidence[:EVIDENCE_SHOWN]:
        yield join_text(f"    {line}")
    if len(judged.evidence) > EVIDENCE_SHOWN:
        yield join_text((f"    and {len(judged.evidence) - EVIDENCE_SHOWN} more", "dim"))
    yield join_text((f"    again: {repeat}", "dim"))


def describe_minimal_faults(least: SeedResult, faults: str) -> Iterator[Text]:
    """Yield the minimal faults of a shrunk schedule, to be copied into a scenario's file, and what they break."""
    yield join_text((f"# seed {least.seed}", "bold"))
    for line in least.judged.evidence[:EVIDENCE_SHOWN]:
        yield join_text(f"# {line}")
    yield join_text(faults)


def make_document(judged: TrialJudgement) -> dict[str, object]:
    """Return a verdict as a JSON document."""
    return {"verdict": judged.verdict.value, "evidence": list(judged.evidence)}


def tabulate_cases(results: Sequence[CaseResult]) -> Table:
    """Return a table of the cases by function and operation, with their verdicts."""
    verdicts = [
        verdict for verdict in TrialVerdict if verdict in _main or any(r.judged.verdict is verdict for r in results)
    ]
    counts: dict[tuple[str, str], Counter[TrialVerdict]] = {}
    for result in results:
        key = (result.case.function, f"{result.case.service} {result.case.operation}")
        counts.setdefault(key, Counter())[result.judged.verdict] += 1
    rows, previous_function = list[tuple[TextPart, ...]](), ""
    for (function, call), verdict_counts in sorted(counts.items()):
        rows.append((function if function != previous_function else "", call, *_make_cells(verdict_counts, verdicts)))
        previous_function = function
    table = make_grid(("function", "call", *make_figure_columns("cases", *verdicts)), rows)
    table.add_section()
    table.add_row("all", "", *map(join_text, _make_cells(sum(counts.values(), Counter()), verdicts)), style="bold")
    return table


_main = (TrialVerdict.SURVIVED, TrialVerdict.VIOLATED)


def _make_cells(counts: Counter[TrialVerdict], verdicts: Iterable[TrialVerdict]) -> Iterator[TextPart]:
    yield str(counts.total())
    for verdict in verdicts:
        yield (str(counts[verdict]), COLOURS[verdict]) if counts[verdict] else ("0", "dim")
