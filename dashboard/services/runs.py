"""The bench's own results: the runs in the state folder, and the outcomes of scenarios over these runs."""

import functools
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agenticai.display.printable import printable

RUNS: Final = "runs"
DOCUMENT: Final = "run.json"
PAGE: Final = "report.html"
"""The files of a run, in its own folder below `runs/` in the state folder."""

SCENARIOS: Final = Path(__file__).resolve().parents[2] / "scenarios"
"""The folder of the scenarios, next to this package: its files are read, its code is not imported."""

LIBRARY: Final = SCENARIOS / "library"

ReplayOutcome = Literal["passed", "failed", "skipped"]
MARKS: Final[Mapping[ReplayOutcome | None, str]] = {"passed": "✓", "failed": "✗ failed", "skipped": "skipped"}

Figure = Literal["seconds", "AWS calls", "cost in US dollars", "GB-seconds"]
FIGURES: Final[tuple[Figure, ...]] = ("seconds", "AWS calls", "cost in US dollars", "GB-seconds")


class DocumentPart(BaseModel):
    """The part of a run's document that this page reads; other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Broken(DocumentPart):
    """An invariant that did not hold."""

    invariant: str
    subject: str
    evidence: str


class Replay(DocumentPart):
    """One replay of a scenario."""

    name: str
    outcome: ReplayOutcome
    unmet: tuple[str, ...] = ()
    violations: tuple[Broken, ...] = ()
    differs: str = ""
    skipped: str = ""
    wall_s: float
    calls_by_service: Mapping[str, int] = {}
    gb_seconds: float = 0
    cost_usd: float = 0

    @property
    def calls(self) -> int:
        """The AWS calls of all services."""
        return sum(self.calls_by_service.values())

    @property
    def evidence(self) -> tuple[str, ...]:
        """What is wrong, one sentence each."""
        broken = (f"{violation.invariant}: {violation.subject}: {violation.evidence}" for violation in self.violations)
        return (*self.unmet, *broken, *([self.differs] if self.differs else []))

    def get_figure(self, name: Figure) -> float:
        """Return one of its figures."""
        figures: dict[Figure, float] = {
            "seconds": self.wall_s,
            "AWS calls": self.calls,
            "cost in US dollars": self.cost_usd,
            "GB-seconds": self.gb_seconds,
        }
        return figures[name]


class RunDocument(DocumentPart):
    """A run, as `agenticai replay` stores it."""

    schema_: Literal["agenticai-run/1"] = Field(alias="schema")
    started_at: datetime
    target: str
    seed: int
    repeat: int
    wall_s: float
    scenarios: tuple[Replay, ...]


@dataclass(frozen=True)
class Run:
    """A stored run, and the name of its folder."""

    name: str
    document: RunDocument

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return self.document.started_at

    def count(self, outcome: ReplayOutcome) -> int:
        """Return how many replays had this outcome."""
        return sum(replay.outcome == outcome for replay in self.document.scenarios)

    @property
    def calls(self) -> int:
        """The AWS calls of all replays."""
        return sum(replay.calls for replay in self.document.scenarios)

    @property
    def cost_usd(self) -> float:
        """The US dollars of all replays, without the free tier."""
        return sum(replay.cost_usd for replay in self.document.scenarios)


@dataclass(frozen=True)
class Break:
    """A failing scenario: since which run it fails, when it passed last, and what was wrong then."""

    scenario: str
    since: datetime
    passed_last: datetime | None
    runs: int
    evidence: str


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario of the library."""

    name: str
    description: str


def make_address(run: str) -> str:
    """Return the path at which the dashboard serves a run's report."""
    return f"/{RUNS}/{run}/{PAGE}"


class Runs:
    """The runs in a state folder; each document is read once. Thread-safe."""

    def __init__(self, home: Path) -> None:
        self._folder = home / RUNS
        self._lock = threading.Lock()
        self._runs: dict[tuple[str, int, int], Run | None] = {}

    def look(self) -> list[Run]:
        """Return the runs that have ended, the newest first, without unreadable ones."""
        with self._lock:
            paths = {key: path for path in self._folder.glob(f"*/{DOCUMENT}") if (key := _make_key(path))}
            self._runs = {key: self._runs[key] if key in self._runs else _read_run(path) for key, path in paths.items()}
            return sorted(filter(None, self._runs.values()), key=lambda run: run.name, reverse=True)


def _make_key(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except OSError:  # removed meanwhile
        return None
    return path.parent.name, status.st_mtime_ns, status.st_size


def _read_run(path: Path) -> Run | None:
    try:
        return Run(path.parent.name, RunDocument.model_validate_json(path.read_bytes()))
    except (OSError, ValidationError):
        return None


def make_grid(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Return a table of each scenario's outcome in each run, with one column per run, the newest first."""
    names = list_scenario_names(runs)
    outcomes_by_run = {run.name: find_outcomes(run) for run in runs}
    table = {
        "scenario": [printable(name) for name in names],
        "passed": [_count_passed(name, outcomes_by_run.values()) for name in names],
    }
    for run in runs:
        table[f"{run.started_at:%m-%d %H:%M:%S}"] = [
            MARKS.get(outcomes_by_run[run.name].get(name), "") for name in names
        ]
    return table


def _count_passed(name: str, run_outcomes: Iterable[Mapping[str, ReplayOutcome]]) -> str:
    verdicts = [run[name] for run in run_outcomes if run.get(name) in {"passed", "failed"}]
    return f"{verdicts.count('passed')} of {len(verdicts)}"


def find_outcomes(run: Run) -> dict[str, ReplayOutcome]:
    """Return the outcome of each scenario of a run: failed if any of its replays failed."""
    result: dict[str, ReplayOutcome] = {}
    for replay in run.document.scenarios:
        if result.get(replay.name) != "failed":
            result[replay.name] = replay.outcome
    return result


def compute_trend(runs: Sequence[Run], scenarios: Iterable[str], figure: Figure) -> list[dict[str, object]]:
    """Return a figure of scenarios over runs, averaged over the replays of each run, in chronological order."""
    chosen, points = set(scenarios), list[dict[str, object]]()
    for run in reversed(runs):
        replays: dict[str, list[float]] = {}
        for replay in run.document.scenarios:
            if replay.name in chosen and replay.outcome != "skipped":
                replays.setdefault(replay.name, []).append(replay.get_figure(figure))
        at = run.started_at.isoformat()
        points += [
            {"at": at, "scenario": printable(name), "figure": sum(figures) / len(figures)}
            for name, figures in replays.items()
        ]
    return points


def find_breaks(runs: Sequence[Run]) -> list[Break]:
    """Return every scenario that failed in its last replay, sorted by when it broke, the earliest first."""
    results = []
    judged = [(run, find_outcomes(run)) for run in runs]
    for name in {name for _, ends in judged for name in ends}:
        ended = [(run, outcome) for run, ends in judged if (outcome := ends.get(name)) in ("passed", "failed")]
        failing = [run for run, _ in takewhile(lambda pair: pair[1] == "failed", ended)]
        if failing:
            passed = next((run.started_at for run, outcome in ended if outcome == "passed"), None)
            first = failing[-1]
            results.append(Break(name, first.started_at, passed, len(failing), _find_evidence(first, name)))
    return sorted(results, key=lambda entry: (entry.since, entry.scenario))


def _find_evidence(run: Run, name: str) -> str:
    replays = (replay for replay in run.document.scenarios if replay.name == name and replay.outcome == "failed")
    return next((replay.evidence[0] for replay in replays if replay.evidence), "")


def list_scenario_names(runs: Sequence[Run]) -> list[str]:
    """Return the sorted names of all scenarios that were ever replayed."""
    return sorted({replay.name for run in runs for replay in run.document.scenarios})


@functools.cache
def read_library(folder: Path = LIBRARY) -> list[ScenarioFile]:
    """Return the scenarios of the library by name; they are read once, as the library is part of the product."""
    return [ScenarioFile(path.stem, _read_description(path)) for path in sorted(folder.glob("*.yaml"))]


def _read_description(path: Path) -> str:
    """Return the first sentence of a scenario's file, or nothing if the file cannot be read."""
    head = [line for line in path.read_text("utf-8").splitlines() if line.startswith("description:")]
    try:
        document = yaml.safe_load(head[0]) if head else {}
    except yaml.YAMLError:
        return ""
    return str(document.get("description", ""))
