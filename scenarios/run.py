"""A scenario run on a bench: its project and its changes followed to the end, and held to what is expected of them."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scenarios.client import ProjectsApi
from scenarios.deployed import Bench
from scenarios.download import Downloaded, download
from scenarios.follow import follow
from scenarios.proof import TestRun, run_node_tests, run_tests
from scenarios.scenario import Expectation, Scenario
from shared.models.events import TimelineEvent
from shared.models.views import ProjectView

OnEvent = Callable[[TimelineEvent | None], None]


@dataclass(frozen=True)
class Outcome:
    """What a project came to; `tests` is None where its own tests were not run."""

    project: ProjectView
    project_type: str | None
    files: frozenset[str]
    tests: TestRun | None


@dataclass(frozen=True)
class ScenarioResult:
    """A scenario's end: `unmet` says what is not as expected, `not_run` why the project's own tests were not run."""

    scenario: Scenario
    outcome: Outcome
    events: tuple[TimelineEvent, ...]
    downloaded: Downloaded
    unmet: tuple[str, ...]
    not_run: str


def run_scenario(bench: Bench, scenario: Scenario, out: Path, on_event: OnEvent = lambda _: None) -> ScenarioResult:
    """Run a scenario and write what was made below `out`, in a folder of its name. Raises `ApiError`."""
    folder = out / scenario.name
    shutil.rmtree(folder, ignore_errors=True)
    with bench.api() as api:
        project_id = api.create(scenario.project.name, scenario.project.requirements).id
        events = _followed(api, project_id, (), on_event)
        for change in scenario.changes:
            api.modify(project_id, change.requirements)
            events += _followed(api, project_id, events, on_event)
        downloaded = download(api, project_id, folder)
        project = api.get(project_id)
        packaged = api.deployments(project_id)
    tests, not_run = _proof(scenario.expect, downloaded.code)
    project_type = packaged[-1].project_type if packaged else None
    outcome = Outcome(project, project_type, frozenset(downloaded.files), tests)
    unmet = tuple(faults(scenario.expect, outcome))
    return ScenarioResult(scenario, outcome, tuple(events), downloaded, unmet, not_run)


def _followed(
    api: ProjectsApi, project_id: str, before: Iterable[TimelineEvent], on_event: OnEvent
) -> list[TimelineEvent]:
    """The events of one build, from after those before it to the one that ends it."""
    events = []
    for event in follow(api, project_id, after=before):
        on_event(event)
        events += [event] if event else []
    return events


def _proof(expect: Expectation, code: Path) -> tuple[TestRun | None, str]:
    """How the project's own tests ended, or why they were not run."""
    if expect.tests == "none":
        return None, "the scenario expects no tests"
    if expect.tests == "python":
        return run_tests(code), ""
    node = shutil.which("node")
    return (run_node_tests(code, node), "") if node else (None, "there is no `node` on the PATH")


def faults(expect: Expectation, outcome: Outcome) -> Iterator[str]:
    """Say what is not as expected, each in one sentence."""
    project = outcome.project
    if project.status is not expect.status:
        reason = f": {project.failure.reason}" if project.failure else ""
        yield f"The project ended as {project.status} and not as {expect.status}{reason}"
    if expect.revision and str(project.revision) != expect.revision:
        yield f"Its revision is {project.revision} and not {expect.revision}."
    if expect.project_type and outcome.project_type != expect.project_type:
        yield f"It was packaged as {outcome.project_type} and not as {expect.project_type}."
    if (project.score or 0) < expect.min_score:
        yield f"Its score of {project.score} is under {expect.min_score:g}."
    yield from (f"{path} is missing." for path in expect.files if path not in outcome.files)
    yield from (f"{path} should not be there." for path in expect.absent if path in outcome.files)
    if outcome.tests and not outcome.tests.passed:
        yield f"Its own tests do not pass:\n{outcome.tests.output}"
