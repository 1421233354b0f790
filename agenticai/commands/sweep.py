"""The command `sweep`: a clean run first, then replays with a fault at every call, or with schedules from seeds."""

import shlex
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from agenticai.client.errors import SettingsError
from agenticai.commands.benches import make_engine_starter
from agenticai.commands.replay import choose_scenario
from agenticai.display import sweeps as show
from agenticai.display.console import Display, this_command
from agenticai.emulator.core.home import find_home
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.benches.run_folders import run_folder
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.naming import name_agents
from agenticai.scenarios.sweeping.ending import Ending
from agenticai.scenarios.sweeping.judging import RunTrial, TrialJudgement, TrialVerdict
from agenticai.scenarios.sweeping.rehearsal import make_trial_runner, replay_without_faults
from agenticai.scenarios.sweeping.schedules import FaultSites
from agenticai.scenarios.sweeping.seeds import SeedResult, shrink_result, try_seeds, write_yaml
from agenticai.scenarios.sweeping.sweep import KILLS, Case, CaseResult, Side, list_cases, sweep
from agenticai.stack.outputs import StackOutputs


@dataclass(frozen=True)
class Selection:
    """What to try: every n-th case of some sides up to a limit, some cases by name, or consecutive seeds.

    Raises `SettingsError` if both cases and seeds are requested.
    """

    sides: tuple[Side, ...] = KILLS
    every: int = 1
    limit: int | None = None
    only: tuple[Case, ...] = ()
    seeds: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        if self.seeds and (self.only or self.limit or self.every > 1):
            raise SettingsError("--seeds makes its own schedules: leave out --only, --every and --limit.")

    def choose_cases(self, clean: Ending, outputs: StackOutputs) -> list[Case]:
        """Return the cases of a clean run to try."""
        if self.only:
            return list(self.only)
        cases = list_cases(clean.calls, self.sides, synchronous=[outputs.function_names["api"]])
        return list(cases)[:: self.every][: self.limit]


@dataclass(frozen=True)
class TrialBasis:
    """The basis of every trial: the scenario as it was named, its end without faults, and the benches."""

    screen: Display
    name: str
    pool: BenchPool
    rehearse: RunTrial
    clean: Ending
    outputs: StackOutputs
    program: str
    """The command that starts this command line."""

    def command(self, *options: str) -> str:
        """Return the command that repeats a trial."""
        return f"{self.program} {shlex.join(['sweep', self.name, *options])}"


def show_sweep(name: str, selection: Selection, workers: int, *, as_json: bool) -> int:
    """Sweep a scenario; return the exit status: 0 only if replays survived, and none broke anything."""
    screen, scenario = Display(as_json=as_json), choose_scenario(name)
    with run_folder(find_home() / "run") as logs, BenchPool(make_engine_starter(logs), workers) as pool:
        with screen.step(f"{name} without faults") as step:
            clean, outputs = pool.submit(partial(_replay_clean, scenario)).result()
            step.done()
        screen.say(show.describe_clean_run(clean))
        counts = try_selection(
            TrialBasis(screen, name, pool, make_trial_runner(scenario), clean, outputs, this_command()), selection
        )
    if counts[TrialVerdict.CRASHED]:
        screen.say(f"What the engines logged is in {logs}.")
    else:
        shutil.rmtree(logs, ignore_errors=True)
    return choose_exit_status(counts)


def choose_exit_status(counts: Counter[TrialVerdict]) -> int:
    """Return 0 if replays survived and none broke anything, else 1, as those that were not reached prove nothing."""
    return (
        0 if counts[TrialVerdict.SURVIVED] and not counts[TrialVerdict.VIOLATED] + counts[TrialVerdict.CRASHED] else 1
    )


def try_selection(basis: TrialBasis, selection: Selection) -> Counter[TrialVerdict]:
    """Try the selection, show each verdict as it comes, and count the verdicts."""
    if selection.seeds:
        return _try_seeds(basis, selection)
    return _try_cases(basis, selection.choose_cases(basis.clean, basis.outputs))


def _replay_clean(scenario: Scenario, bench: Bench) -> tuple[Ending, StackOutputs]:
    """Return the end without faults, with which all others are compared, and the outputs of its stack."""
    return replay_without_faults(scenario, bench), bench.outputs


def _try_cases(basis: TrialBasis, cases: Sequence[Case]) -> Counter[TrialVerdict]:
    results, began = list[CaseResult](), monotonic()
    with show.trials(basis.screen, len(cases)) as progress:
        for result in sweep(basis.pool, basis.rehearse, basis.clean, cases):
            results.append(result)
            progress.count_trial(str(result.case), result.judged, basis.command("--only", str(result.case)))
    basis.screen.show(show.tabulate_cases(sorted(results, key=lambda result: cases.index(result.case))))
    trials = [{"case": str(result.case), **show.make_document(result.judged)} for result in results]
    return _conclude(basis, [result.judged for result in results], monotonic() - began, {"cases": trials})


def _try_seeds(basis: TrialBasis, selection: Selection) -> Counter[TrialVerdict]:
    results, began = list[SeedResult](), monotonic()
    sites = FaultSites(basis.clean.calls, basis.clean.deliveries, basis.outputs.function_names["api"])
    seeds = range(selection.seed, selection.seed + selection.seeds)
    with show.trials(basis.screen, len(seeds)) as progress:
        for result in try_seeds(basis.pool, basis.rehearse, basis.clean, sites, seeds):
            results.append(result)
            command = basis.command("--seeds", "1", "--seed", str(result.seed))
            progress.count_trial(f"seed {result.seed}", result.judged, command)
    failing = [_shrink(basis, result) for result in results if result.judged.verdict is TrialVerdict.VIOLATED]
    trials = [{"seed": result.seed, **show.make_document(result.judged)} for result in results]
    details = {"seeds": trials, "shrunk": failing}
    return _conclude(basis, [result.judged for result in results], monotonic() - began, details)


def _shrink(basis: TrialBasis, result: SeedResult) -> dict[str, object]:
    """Shrink a schedule that broke something, and show the remaining faults."""
    with basis.screen.step(f"seed {result.seed} tried again, its {len(result.faults)} faults shrunk") as step:
        minimal = shrink_result(basis.pool, basis.rehearse, basis.clean, result)
        step.done()
    if minimal is None:
        explanation = ("It did not happen again:", "yellow")
        basis.screen.say(explanation, " look for what this machine did at that moment.")
        return {"seed": result.seed, "faults": None}
    faults = write_yaml(name_agents(minimal.faults, basis.outputs))
    for line in show.describe_minimal_faults(minimal, faults):
        basis.screen.say(line)
    return {"seed": minimal.seed, "faults": faults, **show.make_document(minimal.judged)}


def _conclude(
    basis: TrialBasis, judgements: list[TrialJudgement], wall_s: float, details: Mapping[str, object]
) -> Counter[TrialVerdict]:
    """Show the number of replays by verdict, and count them."""
    counts = Counter(judgement.verdict for judgement in judgements)
    basis.screen.say(f"{len(judgements)} replays in {wall_s:.0f} s: ", show.count_ended(counts) or "nothing to try")
    head = {"scenario": basis.name, "calls": len(basis.clean.calls), "wall_s": round(wall_s, 1)}
    basis.screen.emit({**head, "verdicts": {verdict.value: counts[verdict] for verdict in counts}, **details})
    return counts
