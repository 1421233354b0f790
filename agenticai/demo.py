"""The demo: a request is posted, followed to its end, fetched, and proved by its own tests."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agenticai.client.api import ProjectsApi
from agenticai.client.download import Downloaded, download
from agenticai.client.follow import follow
from agenticai.emulator.meter.records import Usage
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.errors import DemoFailed
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.proof import TestRun, run_tests
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
        usage = control.usage(posted.id)
        project = _completed(api, posted.id)
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
