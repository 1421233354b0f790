"""The outcome of a scenario's projects, read when everything has settled."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agenticai.client.api import ProjectsApi
from agenticai.client.cost.charges import compute_cost_usd
from agenticai.client.download import download
from agenticai.emulator.core.usage_records import CallCount, FunctionUsage, Usage
from agenticai.sandbox.projects import run_node_tests, run_python_tests
from agenticai.scenarios.format.expected import ExpectedProject
from runner.sandbox.errors import NotRun
from runner.sandbox.verdict import TestRun
from shared.models.events import TimelineEvent
from shared.models.views import ProjectView


class AwsUse(Usage):
    """The use of AWS; the bench's own calls are excluded, except for its requests to the API."""

    project_id: str | None = None
    calls: tuple[CallCount, ...] = ()
    functions: tuple[FunctionUsage, ...] = ()

    @classmethod
    def of(cls, usages: Iterable[Usage]) -> "AwsUse":
        """Return the total use of several projects."""
        calls: list[CallCount] = []
        functions: list[FunctionUsage] = []
        for usage in usages:
            calls += [row for row in usage.calls if row.caller != "client" or row.service == "execute-api"]
            functions += usage.functions
        return cls(calls=tuple(calls), functions=tuple(functions))

    @property
    def cost_usd(self) -> float:
        """The price in US dollars, free tier not counted."""
        return compute_cost_usd(self.calls, self.functions)


@dataclass(frozen=True)
class ReplayedProject:
    """The end of a project. `view` is None if it was deleted, `tests` if its tests were not run; `untested` says why.

    `refused` names each file that was not written to this machine, with the reason.
    """

    id: str
    view: ProjectView | None
    events: tuple[TimelineEvent, ...]
    usage: Usage
    files: frozenset[str] = frozenset()
    project_type: str | None = None
    tests: TestRun | None = None
    untested: str = ""
    refused: tuple[str, ...] = ()


def read_project(
    api: ProjectsApi,
    project_id: str,
    expected: ExpectedProject,
    usage: Usage,
    out: Path | None,
    *,
    unsafe_run: bool = False,
) -> ReplayedProject:
    """Read an existing project, and run its own tests if they are expected. Raises `ApiError`.

    With `out`, its files and package are written to that folder and stay there. Without a sandbox, its tests are only
    run with `unsafe_run`.
    """
    tests, untested, refused = None, "", tuple[str, ...]()
    with tempfile.TemporaryDirectory() as temporary_folder:
        if out or expected.tests != "none":
            downloaded = download(api, project_id, out or Path(temporary_folder, "project"))
            refused = downloaded.refused
            tests, untested = _run_own_tests(expected, downloaded.code, unsafe_run)
    deployments = api.list_deployments(project_id)
    return ReplayedProject(
        id=project_id,
        view=api.get(project_id),
        events=tuple(api.list_events(project_id)),
        usage=usage,
        files=frozenset(file.path for file in api.list_files(project_id)),
        project_type=deployments[-1].project_type if deployments else None,
        tests=tests,
        untested=untested,
        refused=refused,
    )


def _run_own_tests(expected: ExpectedProject, code: Path, unsafe_run: bool) -> tuple[TestRun | None, str]:
    """Return the results of the project's own tests, or why they were not run."""
    try:
        match expected.tests:
            case "none":
                return None, ""
            case "python":
                return run_python_tests(code, unsafe=unsafe_run), ""
            case "node":
                return run_node_tests(code, unsafe=unsafe_run), ""
    except NotRun as reason:
        return None, f"its own tests were not run: {reason}"
