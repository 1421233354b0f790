"""The report of a run as one document: the content of `run.json`, and the source of all other reports."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agenticai.emulator.core.usage_records import FinishedInvocation
from agenticai.emulator.faults.rules import Fault, Fired
from agenticai.scenarios.invariants import Violation
from agenticai.scenarios.replaying.comparison import compare
from agenticai.scenarios.replaying.outcome import ReplayedProject
from agenticai.scenarios.replaying.replay import Result
from shared.models.events import TimelineEvent
from shared.models.workflow import ProjectStatus

ReplayStatus = Literal["passed", "failed", "skipped"]


class ReportPart(BaseModel):
    """A part of the document: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class ProjectReport(ReportPart):
    """The end of a project; `status` is None if it was deleted, and `failure` is the reason if it failed."""

    name: str
    id: str
    status: ProjectStatus | None
    revision: str | None = None
    score: float | None = None
    project_type: str | None = None
    failure: str | None = None
    files: tuple[str, ...] = ()
    tests_ran: int | None = Field(
        default=None, description="number of the project's own tests that ran; null if they were not run"
    )
    events: tuple[TimelineEvent, ...] = ()

    @property
    def end(self) -> str:
        """How it ended, in a few words."""
        scored = "" if self.score is None else f", scored {self.score:g}"
        return f"{self.status} {self.revision}{scored}" if self.status else "deleted"

    @classmethod
    def of(cls, name: str, project: ReplayedProject) -> "ProjectReport":
        """Return the report of a project from its replay."""
        view, tests = project.view, project.tests
        if view is None:
            return cls(name=name, id=project.id, status=None, events=project.events)
        return cls(
            name=name,
            id=project.id,
            status=view.status,
            revision=str(view.revision),
            score=view.score,
            project_type=project.project_type,
            failure=view.failure.reason if view.failure else None,
            files=tuple(sorted(project.files)),
            tests_ran=tests.ran if tests else None,
            events=project.events,
        )


class ScenarioReport(ReportPart):
    """One replay of a scenario.

    `unmet` are the unmet expectations, `left_out` what this target could not do, and `skipped` why it was not replayed.
    `wall_s` is real time, from the first step until everything had settled; `skipped_s` is the time skipped by the
    engine's clock.
    """

    name: str
    description: str
    outcome: ReplayStatus
    unmet: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    differs: str = Field(default="", description="how it differs from the first replay of the run")
    left_out: tuple[str, ...] = ()
    skipped: str = ""
    wall_s: float
    skipped_s: float
    projects: tuple[ProjectReport, ...] = ()
    faults: tuple[Fault, ...] = ()
    fired: tuple[Fired, ...] = ()
    dead_letters: dict[str, tuple[str, ...]] = {}
    invocations: tuple[FinishedInvocation, ...] = ()
    agents: dict[str, str] = Field(default={}, description="agents by the deployed names of functions and queues")
    calls_by_service: dict[str, int] = {}
    gb_seconds: float = 0
    cost_usd: float = Field(default=0, description="at AWS's prices, ignoring the free tier")

    @property
    def evidence(self) -> tuple[str, ...]:
        """What is wrong, one sentence each."""
        return (*self.unmet, *map(str, self.violations), *([self.differs] if self.differs else []))

    @property
    def ends(self) -> str:
        """How its projects ended, in a few words."""
        counts = Counter(project.end for project in self.projects)
        return "; ".join(end if count == 1 else f"{count} times {end}" for end, count in counts.items())

    @property
    def course(self) -> Iterator[str]:
        """What happened, line by line."""
        for project in self.projects:
            yield f"{project.name} ({project.id}): {project.status or 'gone'}"
            for event in project.events:
                summary = f"{event.agent} {event.work} {event.type}, {event.status} {event.detail}".rstrip()
                yield f"  {event.at.isoformat()} {summary}"
        yield from (f"fault {fired.rule + 1}: {fired.what}" for fired in self.fired)

    @classmethod
    def of(cls, result: Result, differs: str = "") -> "ScenarioReport":
        """Return the report of a replay; `differs` says how its course differed from the first one."""
        outcome: ReplayStatus = "passed" if result.passed and not differs else "failed"
        used = result.used
        return cls(
            name=result.scenario.name,
            description=result.scenario.description,
            outcome="skipped" if result.skipped else outcome,
            unmet=result.unmet,
            differs=differs,
            violations=result.violations,
            left_out=result.left_out,
            skipped=result.skipped,
            wall_s=result.wall_s,
            skipped_s=result.skipped_s,
            projects=tuple(ProjectReport.of(name, project) for name, project in result.projects.items()),
            faults=result.schedule,
            fired=result.fired,
            dead_letters={agent: tuple(bodies) for agent, bodies in result.dead_letters.items()},
            invocations=result.invocations,
            agents=dict(result.agents),
            calls_by_service=dict(sorted(used.calls_by_service.items())),
            gb_seconds=used.gb_seconds,
            cost_usd=used.cost_usd,
        )


class RunReport(ReportPart):
    """A run: all replays in the order of the scenarios, each scenario's replays one after the other."""

    schema_: Literal["agenticai-run/1"] = Field(default="agenticai-run/1", alias="schema")
    started_at: datetime
    target: str
    seed: int
    repeat: int
    wall_s: float
    scenarios: tuple[ScenarioReport, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and not everything was skipped."""
        outcomes = {scenario.outcome for scenario in self.scenarios}
        return "failed" not in outcomes and "passed" in outcomes

    def count(self, outcome: ReplayStatus) -> int:
        """Return how many replays had this outcome."""
        return sum(scenario.outcome == outcome for scenario in self.scenarios)


def report_results(results: Sequence[Result], names: Iterable[str]) -> tuple[ScenarioReport, ...]:
    """Return the reports of results, by scenario; each replay is compared with the first one of its scenario."""
    reports = []
    for name in names:
        replays = [result for result in results if result.scenario.name == name]
        reports += [ScenarioReport.of(result, compare(replays[0], result)) for result in replays]
    return tuple(reports)
