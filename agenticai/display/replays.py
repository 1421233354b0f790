"""The display of a run: a line for each replay as it ends, with what is wrong below it, and the totals."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.status import Status
from rich.text import Text

from agenticai.display.console import Display, TextPart, join_text
from agenticai.display.stopping import wait_until_stopped
from agenticai.display.tables import format_addresses
from agenticai.emulator.core.home import find_home
from agenticai.emulator.running import register_engine
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.replay import Result
from agenticai.scenarios.reports.document import ReplayStatus, RunReport, ScenarioReport
from agenticai.scenarios.reports.figures import format_dollars, format_duration

HEADING = "scenario"
"""The heading of the scenario names, which is also their column's minimum width."""

MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("-", "yellow")}


class LiveProgress:
    """Shows how many of `total` have ended and what is running, below the lines of what has ended. Thread-safe."""

    def __init__(self, display: Display, status: Status, total: int) -> None:
        self._display = display
        self._status = status
        self._total = total
        self._ended = 0
        self._lock = threading.Lock()
        self._running: dict[str, str] = {}

    def show_work(self, who: str, does: str) -> None:
        """Show what a scenario, a target or an engine is doing now; an empty text means that it is done."""
        with self._lock:
            self._running[who] = does
            self._show()

    def _show(self) -> None:
        running = [
            join_text("  ", (name, "bold"), f" {activity}") for name, activity in self._running.items() if activity
        ]
        self._status.update(join_text(f"{self._ended} of {self._total}", *running))


class ReplayProgress(LiveProgress):
    """The progress of a run, with a line for each replay."""

    def __init__(self, display: Display, status: Status, scenarios: Sequence[Scenario], repeat: int) -> None:
        super().__init__(display, status, len(scenarios) * repeat)
        self._width = max(len(name) for name in (HEADING, *(scenario.name for scenario in scenarios)))
        display.say(make_header(self._width))

    def show_result(self, result: Result) -> None:
        """Print a replay's line above the live part."""
        scenario = ScenarioReport.of(result)
        with self._lock:
            self._ended += 1
            self._running[scenario.name] = ""
            self._display.say(format_line(scenario, self._width))
            for sentence in list_evidence(scenario):
                self._display.say("    ", sentence)
            self._show()

    def hold_bench(self, running: Bench, result: Result) -> None:
        """Print where the bench of a failed scenario is, and keep it until a signal to stop."""
        self._status.stop()
        failed = f"\n{result.scenario.name} failed, and its stack is as it left it:"
        self._display.say(failed, *format_addresses(running), "\nCtrl-C ends it.")
        with register_engine(find_home(), running.target.endpoint_url):
            wait_until_stopped(running.engine)


@contextmanager
def live(display: Display, scenarios: Sequence[Scenario], repeat: int) -> Iterator[ReplayProgress]:
    """Show progress during the block; each scenario is replayed `repeat` times."""
    with display.status("starting") as status:
        yield ReplayProgress(display, status, scenarios, repeat)


def make_header(width: int) -> Text:
    """Return the headings of the lines; `width` is that of the names and their heading."""
    columns = f"{'took':>8} {'skipped':>9} {'faults':>6} {'calls':>6} {'GB-s':>7} {'cost':>10}"
    return join_text((f"  {HEADING:<{width}} {columns}  projects", "bold"))


def format_line(scenario: ScenarioReport, width: int) -> Text:
    """Format a replay on one line."""
    head = join_text(MARKS[scenario.outcome], f" {scenario.name:<{width}} ")
    if scenario.outcome == "skipped":
        return join_text(head, (f"not replayed: {scenario.skipped}", "dim"))
    skipped = format_duration(scenario.skipped_s) if scenario.skipped_s >= 1 else ""
    figures = (
        f"{scenario.wall_s:>6.2f} s {skipped:>9} {len(scenario.fired) or '':>6} "
        f"{sum(scenario.calls_by_service.values()):>6} {scenario.gb_seconds:>7.2f} "
        f"{format_dollars(scenario.cost_usd):>10}"
    )
    return join_text(head, (figures, "cyan"), f"  {scenario.ends}")


def list_evidence(scenario: ScenarioReport) -> Iterator[Text]:
    """Yield what is wrong with a replay, and what was not checked."""
    yield from (join_text((sentence, "red")) for sentence in scenario.evidence)
    yield from (join_text(("left out:", "yellow"), f" {omission}") for omission in scenario.left_out)


def format_totals(report: RunReport) -> Text:
    """Format the totals of a run on one line."""
    colours: dict[ReplayStatus, str] = {"passed": "green", "failed": "red", "skipped": "yellow"}
    counts: list[TextPart] = [
        (f"{number} {outcome}", f"bold {colour}")
        for outcome, colour in colours.items()
        if (number := report.count(outcome))
    ]
    skipped = sum(scenario.skipped_s for scenario in report.scenarios)
    jumped = f", {format_duration(skipped)} skipped" if skipped >= 1 else ""
    return join_text(
        join_text(", ").join([join_text(count) for count in counts] or [join_text(("nothing replayed", "bold"))]),
        f" in {report.wall_s:.1f} s{jumped}; seed {report.seed}",
    )
