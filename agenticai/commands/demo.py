"""The demo: posts a request, follows it to its end, downloads the project, and runs its own tests."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agenticai.client.api import ProjectsApi
from agenticai.client.download import DownloadedProject, download
from agenticai.client.errors import ProjectsError
from agenticai.client.follow import follow
from agenticai.emulator.core.usage_records import Usage
from agenticai.sandbox.projects import run_python_tests
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.format.script import Settling
from agenticai.scenarios.replaying.pace import pace_of
from runner.sandbox.errors import NotRun
from runner.sandbox.verdict import TestRun
from shared.models.events import TimelineEvent
from shared.models.quality import QualityReport
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

OnEvent = Callable[[TimelineEvent | None], None]


class DemoFailed(ProjectsError):
    """The demo's project is not COMPLETED; the message says why."""


@dataclass(frozen=True)
class DemoResult:
    """The results of the demo; `tests` is None if they were not run, and `untested` says why."""

    project: ProjectView
    events: tuple[TimelineEvent, ...]
    report: QualityReport
    usage: Usage
    downloaded: DownloadedProject
    tests: TestRun | None
    untested: str = ""

    @property
    def proved(self) -> bool:
        """Whether all files are here, and the tests were run and passed."""
        return self.tests is not None and self.tests.passed and not self.downloaded.refused


def run_demo(bench: Bench, scenario: Scenario, out: Path, on_event: OnEvent, *, unsafe_run: bool = False) -> DemoResult:
    """Run the scenario's project to its end and write it below `out`.

    Without a sandbox, its tests are only run with `unsafe_run`. Raises `DemoFailed` if the project is not COMPLETED;
    the result says whether its tests passed.
    """
    with bench.api() as api, pace_of(bench) as pace:
        request = scenario.first
        posted = api.create(request.name, request.requirements, request.template)
        events = []
        for event in follow(api, posted.id):
            on_event(event)
            events += [event] if event else []
        project = _await_completed(api, posted.id)
        pace.settle(Settling(skip=False))  # the function that completed it is metered when it has returned
        usage = pace.usage(posted.id)
        downloaded = download(api, project.id, out / scenario.name)
        report = api.read_report(api.list_tests(project.id)[-1])
    tests, untested = _run_tests(downloaded.code, unsafe_run=unsafe_run)
    return DemoResult(project, tuple(events), report, usage, downloaded, tests, untested)


def _run_tests(code: Path, *, unsafe_run: bool) -> tuple[TestRun | None, str]:
    """Return the results of the project's tests, or why they were not run."""
    try:
        return run_python_tests(code, unsafe=unsafe_run), ""
    except NotRun as reason:
        return None, str(reason)


def _await_completed(api: ProjectsApi, project_id: str) -> ProjectView:
    project = api.get(project_id)
    if project.status is not ProjectStatus.COMPLETED:
        reason = project.failure.reason if project.failure else "see its timeline"
        raise DemoFailed(f"The project ended as {project.status}: {reason}")
    return project
