"""Replays a scenario on a bench: sets its faults, takes its steps, and checks its expectations and the invariants."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from agenticai.client.errors import ProjectsError
from agenticai.emulator.core.bench_records import AlarmState
from agenticai.emulator.core.errors import EngineError
from agenticai.emulator.core.usage_records import FinishedInvocation, Usage
from agenticai.emulator.faults.rules import Delivery, DeliveryFault, Fault, Fired, RecordedCall, Reorder
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import ScenarioError, StepFailed
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.format.script import Settling, Step
from agenticai.scenarios.invariants import Violation, find_violations, read_denied, read_snapshot, read_state_before
from agenticai.scenarios.invariants.snapshot import StackSnapshot
from agenticai.scenarios.replaying.expectations import ScenarioOutcome, find_unmet
from agenticai.scenarios.replaying.naming import map_agents, name_deployed
from agenticai.scenarios.replaying.outcome import AwsUse, ReplayedProject, read_project
from agenticai.scenarios.replaying.pace import Observed, pace_of
from agenticai.scenarios.replaying.steps import RunningScenario, read_alarm, take_step
from agenticai.stack.target import Capability, Target

OnEvent = Callable[[str], None]
"""Called with a few words about what is being done."""

Failure = (ScenarioError, ProjectsError, EngineError, ClientError, BotoCoreError)

REORDERED: Final = 0.25
"""The share of deliveries that a seed moves behind the other messages in their queue."""

DELIVERIES: Final = 400

MISSING_CAPABILITIES: Final = {
    Capability.CONTROL: "applies no faults",
    Capability.STEPS: "cannot skip time and delivers messages on its own",
}
"""The reasons why a scenario is not replayed on a target, by the missing capability."""


@dataclass(frozen=True)
class Result:
    """The result of a scenario.

    `not_taken` says which step failed, `stuck` why it did not settle, `unmet` these or the unmet expectations,
    `violations` the broken invariants; `skipped` says why the scenario was not replayed on this target, and `left_out`
    which parts of it were not. `wall_s` is real time, `skipped_s` the engine's.
    """

    scenario: Scenario
    seed: int
    schedule: tuple[Fault, ...] = ()
    projects: Mapping[str, ReplayedProject] = field(default_factory=dict)
    dead_letters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    not_taken: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    observed: Observed = field(default_factory=Observed)
    agents: Mapping[str, str] = field(default_factory=dict)
    wall_s: float = 0.0
    skipped_s: float = 0.0
    skipped: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all expectations are met and no invariant is broken."""
        return not self.unmet and not self.violations

    @property
    def fired(self) -> tuple[Fired, ...]:
        """The faults that were applied."""
        return self.observed.fired

    @property
    def calls(self) -> tuple[RecordedCall, ...]:
        """The calls of all functions, in order."""
        return self.observed.calls

    @property
    def invocations(self) -> tuple[FinishedInvocation, ...]:
        """What the functions did for these projects, in the order of their starts."""
        ids = {project.id for project in self.projects.values()}
        invocations = (invocation for invocation in self.observed.invocations if invocation.project_id in ids)
        return tuple(sorted(invocations, key=lambda invocation: invocation.started_at))

    @property
    def used(self) -> AwsUse:
        """The total use of all projects."""
        return AwsUse.of(project.usage for project in self.projects.values())


def replay(
    bench: Bench,
    scenario: Scenario,
    *,
    faults: Sequence[Fault] = (),
    seed: int = 0,
    out: Path | None = None,
    on_event: OnEvent = lambda _: None,
    keep_failed: bool = False,
    unsafe_run: bool = False,
) -> Result:
    """Replay a scenario and judge its end.

    `faults` are added to the scenario's own. With a `seed` other than 0, some messages of a scenario without faults are
    delivered in another order, as SQS may do. `out` is a folder for the produced files. Afterwards the queues are empty
    and no faults are set, unless the scenario failed and `keep_failed` keeps it for inspection. If this machine has no
    sandbox, a project's own tests are only run with `unsafe_run`.

    Raises `EngineError` or botocore's errors if the stack cannot be reached at all.
    """
    if lacking := explain_missing_capabilities(bench.target, scenario):
        return Result(scenario, seed, skipped=lacking)
    schedule = (*name_deployed(scenario.faults, bench.outputs), *faults)
    if not schedule and Capability.STEPS in bench.target.capabilities:
        schedule = make_reordering_faults(seed)
    with bench.api() as api, pace_of(bench) as pace:
        result = _play_schedule(
            RunningScenario(bench, api, pace, scenario, unsafe_run=unsafe_run), schedule, seed, out, on_event
        )
        if result.passed or not keep_failed:
            _empty_queues(bench)
            pace.release()
    return result


def explain_missing_capabilities(target: Target, scenario: Scenario) -> str:
    """Return why a scenario cannot be replayed on a target; empty if it can."""
    missing = sorted(scenario.needs - target.capabilities)
    return f"{target.name} {', '.join(MISSING_CAPABILITIES[capability] for capability in missing)}" if missing else ""


def make_reordering_faults(seed: int) -> tuple[Fault, ...]:
    """Return rules that delay some deliveries, chosen by the seed; none for 0."""
    random = Random(seed)  # noqa: S311 - for repeatable choices, not for secrets
    chosen = [nth for nth in range(1, DELIVERIES) if seed and random.random() < REORDERED]
    return tuple(DeliveryFault(when=Delivery(on="delivery", nth=nth), then=Reorder(do="reorder")) for nth in chosen)


def _play_schedule(
    running: RunningScenario, schedule: tuple[Fault, ...], seed: int, out: Path | None, on_event: OnEvent
) -> Result:
    before = read_state_before(running.bench)
    began = time.monotonic()
    running.pace.begin(schedule)
    not_taken, stuck = _take_steps(running, on_event), _settle_all(running, on_event)
    wall_s = time.monotonic() - began
    on_event("reading what it came to")
    usages = {name: running.pace.usage(project_id) for name, project_id in running.ids.items()}
    observed = running.pace.end()
    deleted = [running.ids[name] for name in running.last_seen]
    snapshot = read_snapshot(running.bench, list(running.ids.values()), deleted=deleted, before=before)
    projects, unread = _read_all(running, snapshot, usages, out)
    alarms, unnamed = _read_alarms(running)
    snapshot = replace(snapshot, denied=read_denied(running.bench, before))  # includes the API's calls for the reading
    failed = (*not_taken, *stuck, *unread, *unnamed)
    outcome = ScenarioOutcome(projects, snapshot.dead_letters, observed.fired, AwsUse.of(usages.values()), alarms)
    return Result(
        scenario=running.scenario,
        seed=seed,
        schedule=schedule,
        projects=projects,
        dead_letters=snapshot.dead_letters,
        not_taken=not_taken,
        stuck=(*stuck, *unread),
        unmet=(*failed, *_find_reasons(projects)) if failed else tuple(find_unmet(running.scenario, outcome)),
        violations=find_violations(snapshot),
        observed=observed,
        agents=map_agents(running.bench.outputs),
        wall_s=wall_s,
        skipped_s=running.skipped_s,
        left_out=(*running.left_out, *(f"{name}: {p.untested}" for name, p in projects.items() if p.untested)),
    )


def _take_steps(running: RunningScenario, on_event: OnEvent) -> tuple[str, ...]:
    """Take the steps up to the first that fails, and return the failure."""
    for number, step in enumerate(running.scenario.script, start=1):
        on_event(_name_step(step))
        try:
            take_step(step, running)
        except Failure as error:
            return (f"Step {number} ({_name_step(step)}) failed: {error}",)
    return ()


def _settle_all(running: RunningScenario, on_event: OnEvent) -> tuple[str, ...]:
    """Let everything settle, even if a fault holds a call."""
    on_event("settle")
    try:
        held = True
        while held:
            settled = running.pace.settle(Settling())
            held, running.skipped_s = settled.held, running.skipped_s + settled.skipped_s
    except Failure as error:
        return (f"It did not come to rest: {error}",)
    return ()


def _read_alarms(running: RunningScenario) -> tuple[dict[str, AlarmState], tuple[str, ...]]:
    """Return the states of the alarms with expectations, or why they could not be read."""
    try:
        return {name: read_alarm(running.bench, name) for name in running.scenario.expect.alarms}, ()
    except StepFailed as error:
        return {}, (f"What is expected cannot be seen: {error}",)


def _find_reasons(projects: Mapping[str, ReplayedProject]) -> Iterator[str]:
    """Yield why projects failed, which is usually why a step failed."""
    for name, project in projects.items():
        if project.view and project.view.failure:
            yield f"{name}: It is {project.view.status}: {project.view.failure.reason}"


def _read_all(
    running: RunningScenario, snapshot: StackSnapshot, usages: Mapping[str, Usage], out: Path | None
) -> tuple[dict[str, ReplayedProject], tuple[str, ...]]:
    """Return the outcomes of the projects, or why they could not be read."""
    try:
        return {name: _read_replayed(running, name, snapshot, usage, out) for name, usage in usages.items()}, ()
    except ProjectsError as error:
        return {}, (f"What it came to could not be read: {error}",)


def _read_replayed(
    running: RunningScenario, name: str, snapshot: StackSnapshot, usage: Usage, out: Path | None
) -> ReplayedProject:
    project_id = running.ids[name]
    (stored,) = (project for project in snapshot.projects if project.id == project_id)
    if stored.items.metadata is None:
        return ReplayedProject(project_id, None, running.last_seen.get(name, ()), usage)
    expected = running.scenario.find_expected(running.scenario.find_key(name))
    folder = out / running.scenario.name / name if out else None
    return read_project(running.api, project_id, expected, usage, folder, unsafe_run=running.unsafe_run)


def _empty_queues(bench: Bench) -> None:
    """Empty all queues for the next scenario."""
    for url in (*bench.outputs.queue_urls.values(), *bench.outputs.dead_letter_queue_urls.values()):
        bench.target.client("sqs").purge_queue(QueueUrl=url)


def _name_step(step: Step) -> str:
    """Return a step as in its file, without long values."""
    ((name, value),) = step.model_dump(mode="json", exclude_unset=True).items()
    if isinstance(value, dict):
        value = value.get("project") or value.get("queue") or value.get("name") or ""
    return f"{name} {value}".strip()
