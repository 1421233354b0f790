"""The demo: a request is posted, followed to its end, fetched, and proved by its own tests."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emulator.meter.records import Usage
from scenarios.benches.deployed import Bench
from scenarios.client import ProjectsApi
from scenarios.download import Downloaded, download
from scenarios.errors import DemoFailed
from scenarios.follow import follow
from scenarios.format.scenario import Scenario
from scenarios.proof import TestRun, run_tests
from shared.models.events import TimelineEvent
from shared.models.quality import QualityReport
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

OnEvent = Callable[[TimelineEvent | None], None]


@dataclass(frozen=True)
class DemoResult:
    """All that the demo has to show."""

    project: ProjectView
    events: tuple[TimelineEvent, ...]
    report: QualityReport
    usage: Usage
    downloaded: Downloaded
    tests: TestRun


def run_demo(bench: Bench, scenario: Scenario, out: Path, on_event: OnEvent) -> DemoResult:
    """Run the scenario's project to its end and write it below `out`.

    Raises `DemoFailed` if the project is not COMPLETED; whether its tests passed is in the result.
    """
    with bench.api() as api, bench.control() as control:
        first = scenario.first
        posted = api.create(first.name, first.requirements, first.template)
        events = []
        for event in follow(api, posted.id):
            on_event(event)
            events += [event] if event else []
        project = _completed(api, posted.id)
        control.settle(skip=False)  # the function that completed it is counted when it has returned
        usage = control.usage(posted.id)
        folder = out / scenario.name
        shutil.rmtree(folder, ignore_errors=True)
        downloaded = download(api, project.id, folder)
        report = api.report(api.tests(project.id)[-1])
    return DemoResult(project, tuple(events), report, usage, downloaded, run_tests(downloaded.code))


def _completed(api: ProjectsApi, project_id: str) -> ProjectView:
    project = api.get(project_id)
    if project.status is not ProjectStatus.COMPLETED:
        reason = project.failure.reason if project.failure else "see its timeline"
        raise DemoFailed(f"The project ended as {project.status}: {reason}")
    return project
