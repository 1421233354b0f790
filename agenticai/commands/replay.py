"""The commands `replay`, which replays scenarios and reports on them, and `runs`, which lists earlier reports."""

import difflib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agenticai.commands.benches import make_engine_starter, make_stack_finder
from agenticai.display import replays as show
from agenticai.display.console import Display, from_here, this_command
from agenticai.display.replays import ReplayProgress, live
from agenticai.emulator.core.home import find_home, make_home
from agenticai.emulator.core.locks import hold_shared_lock
from agenticai.emulator.engines.engine_choice import EMBEDDED, EngineChoice
from agenticai.scenarios.benches.pool import BenchPool, Start
from agenticai.scenarios.format.errors import ScenarioError
from agenticai.scenarios.format.scenario import LIBRARY, Scenario, load
from agenticai.scenarios.replaying.replay import Result
from agenticai.scenarios.replaying.replays import ReplayOptions, Replays
from agenticai.scenarios.reports import runs
from agenticai.scenarios.reports.document import RunReport, report_results


@dataclass(frozen=True)
class ReplayArguments:
    """The arguments of `replay`; without an `engine` to start, `target` is the URL of an existing stack."""

    files: Sequence[str]
    target: str
    engine: EngineChoice | None
    stage: str
    workers: int | None
    order: ReplayOptions


def show_replay(arguments: ReplayArguments, *, as_json: bool) -> int:
    """Replay, report, and store the reports; return 0 if all passed."""
    screen, scenarios = Display(as_json=as_json), choose_scenarios(arguments.files)
    home = find_home()
    make_home(home)
    folder, began = runs.make_folder(arguments.order.seed, home), time.monotonic()
    started_at = datetime.now(UTC)
    with hold_shared_lock(folder), live(screen, scenarios, arguments.order.repeat) as progress:
        results = _replay(arguments, scenarios, folder, progress)
    report = RunReport(
        started_at=started_at,
        target=arguments.target,
        seed=arguments.order.seed,
        repeat=arguments.order.repeat,
        wall_s=time.monotonic() - began,
        scenarios=report_results(results, [scenario.name for scenario in scenarios]),
    )
    _present(screen, report, runs.keep_run(report, folder))
    if report.passed:
        for logs in folder.glob("engine-*/"):
            shutil.rmtree(logs, ignore_errors=True)
    return 0 if report.passed else 1


def show_runs(*, as_json: bool) -> None:
    """List the stored runs."""
    screen, kept_runs = Display(as_json=as_json), list(runs.list_kept(find_home()))
    screen.emit([_summarize(folder, report) for folder, report in kept_runs])
    for folder, report in kept_runs:
        started = f"{report.started_at:%Y-%m-%d %H:%M:%S}  "
        screen.say(started, show.format_totals(report), "  ", (from_here(folder), "dim"))
    if not kept_runs:
        screen.say(f"No runs yet: `{this_command()} replay` makes one.")


def _summarize(folder: Path, report: RunReport) -> dict[str, object]:
    outcomes = {scenario.name: scenario.outcome for scenario in report.scenarios}
    head = report.model_dump(mode="json", exclude={"scenarios"})
    return {"folder": str(folder), **head, "outcomes": outcomes}


def choose_scenarios(files: Sequence[str]) -> list[Scenario]:
    """Return the scenarios of files, folders of files, and names in the library; if none is named, the whole library.

    Raises `ScenarioError`.
    """
    paths = [path for file in files or [str(LIBRARY)] for path in _find_files(file)]
    scenarios = [load(path) for path in dict.fromkeys(paths)]
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"Two files hold a scenario named {name}: replay them one after the other.")
    return scenarios


def choose_scenario(name: str) -> Scenario:
    """Return the one scenario of a file, a folder or a name in the library. Raises `ScenarioError`."""
    scenarios = choose_scenarios([name])
    if len(scenarios) != 1:
        raise ScenarioError(f"{name} holds {len(scenarios)} scenarios: name one of them.")
    return scenarios[0]


def _find_files(file: str) -> list[Path]:
    path = Path(file)
    if path.is_dir():
        paths = sorted(path.glob("*.yaml"))
        if not paths:
            raise ScenarioError(f"{file} holds no scenario: name a folder that has files whose names end in .yaml.")
        return paths
    library_path = LIBRARY / f"{file}.yaml"
    if not path.exists() and not library_path.exists():
        names = sorted(scenario_file.stem for scenario_file in LIBRARY.glob("*.yaml"))
        similar = difflib.get_close_matches(path.stem, names, n=1)
        hint = f": did you mean {similar[0]}?" if similar else f", which has {', '.join(names)}."
        raise ScenarioError(f"There is no file {file}, and no scenario of that name in the library{hint}")
    return [path if path.exists() else library_path]


def sort_longest_first(scenarios: Sequence[Scenario], home: Path) -> list[Scenario]:
    """Sort so that the last worker ends soonest: by the times in stored runs, new scenarios first."""
    names = {scenario.name for scenario in scenarios}
    durations: dict[str, float] = {}
    for _, report in runs.list_kept(home):
        for scenario in report.scenarios:
            durations.setdefault(scenario.name, scenario.wall_s)
        if names <= durations.keys():
            break
    return sorted(scenarios, key=lambda scenario: durations.get(scenario.name, float("inf")), reverse=True)


def _count_workers(arguments: ReplayArguments, scenarios: Sequence[Scenario]) -> int:
    """Return the number of workers: the requested one, but no more than there are replays; 1 for an existing stack.

    A LocalStack needs as much as several embedded engines, so there is only one by default.
    """
    if arguments.engine is None or arguments.engine.url:
        return 1
    if arguments.engine != EMBEDDED:
        return min(arguments.workers or 1, len(scenarios) * arguments.order.repeat)
    return min(arguments.workers or os.cpu_count() or 1, len(scenarios) * arguments.order.repeat)


def _replay(
    arguments: ReplayArguments, scenarios: Sequence[Scenario], folder: Path, progress: ReplayProgress
) -> list[Result]:
    replays = Replays(
        arguments.order,
        on_work=lambda scenario, text: progress.show_work(scenario.name, text),
        on_result=progress.show_result,
        look_at=progress.hold_bench,
    )
    with BenchPool(_make_start(arguments, folder, progress), _count_workers(arguments, scenarios)) as pool:
        return replays.run(pool, sort_longest_first(scenarios, find_home()))


def _make_start(arguments: ReplayArguments, folder: Path, progress: ReplayProgress) -> Start:
    if arguments.engine is None:
        return make_stack_finder(arguments.target, arguments.stage)
    return make_engine_starter(folder, arguments.engine, on_work=progress.show_work)


def _present(screen: Display, report: RunReport, page: Path) -> None:
    screen.emit(report)
    for scenario in report.scenarios:
        if scenario.differs:
            screen.say((f"{scenario.name}: {scenario.differs}", "red"))
    screen.say("\n", show.format_totals(report))
    screen.say((f"The report is {from_here(page)}, with run.json and junit.xml beside it.", "dim"))
