"""The command `compare`: replays the same scenarios on several targets, and shows the differences."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from agenticai.client.errors import SettingsError
from agenticai.commands.benches import OnWork, make_engine_starter, make_stack_finder
from agenticai.commands.engines import choose_engine
from agenticai.commands.replay import choose_scenarios
from agenticai.commands.settings import TARGETS
from agenticai.display import comparisons as show
from agenticai.display.console import Display
from agenticai.emulator.core.home import find_home
from agenticai.emulator.engines.engine_choice import EngineChoice
from agenticai.scenarios.benches.pool import BenchPool, Start
from agenticai.scenarios.benches.run_folders import run_folder
from agenticai.scenarios.comparing.comparison import ComparisonReport, TargetComparison


@dataclass(frozen=True)
class ComparisonTargets:
    """What to compare: each target by its name, with the engine to start, or None for an existing stack."""

    files: Sequence[str]
    targets: dict[str, EngineChoice | None]
    stage: str
    unsafe_run: bool = False

    def make_start(self, name: str, folder: Path, on_work: OnWork) -> Start:
        """Return a function that starts the bench of a target."""
        engine = self.targets[name]
        if engine is None:
            return make_stack_finder(name, self.stage)
        return make_engine_starter(folder, engine, prefix=name, on_work=lambda _, text: on_work(name, text))


def choose_targets(
    names: str, kind: str | None, url: str | None, *, image: str | None = None, docker_socket: bool = False
) -> dict[str, EngineChoice | None]:
    """Parse a comma-separated list of targets; the other options say how to run LocalStack. Raises SettingsError."""
    targets = [name.strip() for name in names.split(",") if name.strip()]
    if len(targets) < 2 or len(set(targets)) < len(targets):
        raise SettingsError("Give at least two different targets with --targets, such as embedded,localstack.")
    if (kind or url or image or docker_socket) and "localstack" not in targets:
        raise SettingsError("The options for LocalStack need it as a target: name localstack in --targets.")
    if unknown := [name for name in targets if name not in TARGETS and "://" not in name]:
        raise SettingsError(f"Unknown target {unknown[0]!r}: choose {', '.join(TARGETS)}, or the URL of a stack.")
    return {name: _choose_engine(name, kind, url, image, docker_socket) for name in targets}


def _choose_engine(
    name: str, kind: str | None, url: str | None, image: str | None, docker_socket: bool
) -> EngineChoice | None:
    if name == "localstack":
        return choose_engine(name, kind, url, image=image, docker_socket=docker_socket)
    return choose_engine(name, None, None) if name in TARGETS else None


def show_comparison(compared: ComparisonTargets, *, as_json: bool) -> int:
    """Compare, and show each scenario as it ends; return 0 if something was compared and nothing differs."""
    screen, scenarios = Display(as_json=as_json), choose_scenarios(compared.files)
    with run_folder(find_home() / "run") as logs, ExitStack() as opened:
        progress = opened.enter_context(show.live(screen, scenarios))
        pools = {
            name: opened.enter_context(BenchPool(compared.make_start(name, logs, progress.show_work), 1))
            for name in compared.targets
        }
        comparison = TargetComparison(pools, on_work=progress.show_work, unsafe_run=compared.unsafe_run)
        results = []
        for scenario in comparison.compare(scenarios, named=bool(compared.files)):
            progress.show_result(scenario)
            results.append(scenario)
    report = ComparisonReport(engines=comparison.engines, scenarios=tuple(results))
    screen.emit(report)
    show.present(screen, report)
    if report.passed:
        shutil.rmtree(logs, ignore_errors=True)
    else:
        screen.say(f"What the engines logged is in {logs}.")
    return 0 if report.passed else 1
