"""The display of a comparison of targets: each scenario as it ends, and tables of the results on each target."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from rich.status import Status
from rich.table import Column, Table
from rich.text import Text

from agenticai.display.console import Display, TextPart, join_text, make_figure_columns, make_grid
from agenticai.display.replays import MARKS, LiveProgress
from agenticai.scenarios.comparing.comparison import ComparisonReport, ScenarioComparison, Verdict
from agenticai.scenarios.comparing.differences import Difference, describe_works
from agenticai.scenarios.comparing.observation import Observation
from agenticai.scenarios.format.scenario import Scenario

VERDICTS: Final[Mapping[Verdict, tuple[tuple[str, str], str]]] = {
    "same": (("✓", "green"), "the same"),
    "different": (("✗", "red"), "different"),
    "skipped": (("-", "yellow"), "skipped"),
}
NOT_MEASURED: Final = ("not measured", "dim")


class CompareProgress(LiveProgress):
    """The progress of a comparison, with a line for each scenario."""

    def __init__(self, display: Display, status: Status, scenarios: Sequence[Scenario]) -> None:
        super().__init__(display, status, len(scenarios))
        self._width = max(len(scenario.name) for scenario in scenarios)

    def show_result(self, scenario: ScenarioComparison) -> None:
        """Print the line of a scenario, and its differences, above the live part."""
        with self._lock:
            self._ended += 1
            self._display.say(format_line(scenario, self._width))
            for difference in scenario.differences:
                self._display.say("    ", format_difference(difference))


@contextmanager
def live(display: Display, scenarios: Sequence[Scenario]) -> Iterator[CompareProgress]:
    """Show progress during the block."""
    with display.status("starting") as status:
        yield CompareProgress(display, status, scenarios)


def format_line(scenario: ScenarioComparison, width: int) -> Text:
    """Format a scenario on one line."""
    mark, verdict = VERDICTS[scenario.verdict]
    if scenario.skipped:
        return join_text(mark, f" {scenario.name:<{width}} ", (f"not compared: {scenario.skipped}", "dim"))
    durations = ", ".join(
        f"{observation.target} {observation.report.wall_s:.1f} s" for observation in scenario.observations
    )
    return join_text(mark, f" {scenario.name:<{width}} {verdict}  ", (durations, "dim"))


def format_difference(difference: Difference) -> Text:
    """Format a difference as a sentence."""
    values = f"{difference.first} on {difference.first_target}, {difference.other} on {difference.other_target}"
    return join_text((f"{difference.subject} of {difference.of}: {values}", "red"))


def present(screen: Display, report: ComparisonReport) -> None:
    """Show the tables and the totals."""
    compared = [scenario for scenario in report.scenarios if not scenario.skipped]
    if compared:
        screen.say()
        screen.show(tabulate_outcomes(compared))
        screen.say()
        screen.show(
            tabulate_calls(
                [observation for scenario in compared for observation in scenario.observations], list(report.engines)
            )
        )
    if len(compared) == 1:
        for table in tabulate_timelines(compared[0]):
            screen.say()
            screen.show(table)
    screen.say("\n", format_totals(report))


def tabulate_outcomes(scenarios: Sequence[ScenarioComparison]) -> Table:
    """Return a table of each scenario's outcome on each target."""
    rows = list[tuple[TextPart, ...]]()
    for scenario in scenarios:
        for number, observation in enumerate(scenario.observations):
            report = observation.report
            mark, colour = MARKS[report.outcome]
            model_calls = (
                NOT_MEASURED
                if observation.model_calls is None
                else str(sum(usage.calls for usage in observation.model_calls))
            )
            rows.append(
                (
                    "" if number else scenario.name,
                    observation.target,
                    (f"{mark} {report.outcome}", colour),
                    str(sum(len(project.events) for project in report.projects)),
                    str(sum(row.calls for row in observation.calls)) if observation.counted else NOT_MEASURED,
                    model_calls,
                    f"{report.wall_s:.1f} s",
                    report.skipped or report.ends,
                )
            )
    numbers = make_figure_columns("events", "calls", "model calls", "took")
    return make_grid((*map(Column, ("scenario", "target", "outcome")), *numbers, "projects"), rows, "What it came to")


def tabulate_calls(observations: Sequence[Observation], targets: Sequence[str]) -> Table:
    """Return a table of all scenarios' calls by operation and caller, on each target."""
    counts = {target: Counter[tuple[str, str, str]]() for target in targets}
    counted = {each.target: each.counted for each in observations}
    for each in observations:
        for row in each.calls:
            counts[each.target][row.service, row.operation, row.caller] += row.calls
    rows = list[tuple[TextPart, ...]]()
    for service, operation, caller in sorted({key for each in counts.values() for key in each}):
        cells = (
            str(counts[target][service, operation, caller]) if caller in counted.get(target, ()) else NOT_MEASURED
            for target in targets
        )
        rows.append((service, operation, caller, *cells))
    return make_grid(("service", "operation", "by", *make_figure_columns(*targets)), rows, "AWS calls")


def tabulate_timelines(scenario: ScenarioComparison) -> Iterator[Table]:
    """Yield a table for each project, with the events of each piece of its work on each target."""
    names = dict.fromkeys(
        project.name for observation in scenario.observations for project in observation.report.projects
    )
    for name in names:
        works_by_target = [
            describe_works(project)
            for observation in scenario.observations
            for project in observation.report.projects
            if project.name == name
        ]
        works = dict.fromkeys(work for target_works in works_by_target for work in target_works)
        rows = [(work, *(target_works.get(work, "nothing") for target_works in works_by_target)) for work in works]
        columns = ["work", *(observation.target for observation in scenario.observations)]
        yield make_grid(columns, rows, f"Timeline of {name}")


def format_totals(report: ComparisonReport) -> Text:
    """Format the totals of a comparison on one line."""
    engines = ", ".join(name if name == engine else f"{name} ({engine})" for name, engine in report.engines.items())
    counts = (join_text((f"{number} {VERDICTS[verdict][1]}", "bold")) for verdict, number in report.verdicts.items())
    return join_text(join_text(", ").join(counts), f"; compared: {engines}")
