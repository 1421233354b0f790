"""A soak of one engine, `make soak`: batch after batch of small projects, its memory, and the latency of reads."""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Protocol

from agenticai.display.console import Display
from agenticai.memory import Memory, measure_memory
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import LIBRARY, ScenarioProject, load
from agenticai.stack.waiting import Pause, Polling, pause
from shared.models.views import ProjectPage, ProjectView
from shared.models.workflow import FINAL, ProjectStatus

SCENARIO: Final = LIBRARY / "greeting.yaml"
CLIENTS: Final = 10
PAGE: Final = 100

SETTLED: Final = 200
"""The number of projects after which an engine's memory should stay constant."""

GROWTH: Final = 1.10
"""The maximum memory at the end, as a share of what it was then."""

PATIENCE: Final = Polling(first=1.0, longest=1.0, limit=300)
"""How often the projects of a batch are read, and when those that have not ended are considered stuck."""


class Api(Protocol):
    """The part of the stack's API that a soak needs."""

    def create(self, name: str, requirements: str | None, template: str | None = None) -> ProjectView:
        """Post a project."""
        ...

    def get(self, project_id: str) -> ProjectView:
        """Read a project."""
        ...

    def delete(self, project_id: str) -> None:
        """Delete a project."""
        ...

    def list_projects(self, limit: int = 20, cursor: str | None = None) -> ProjectPage:
        """Read a page of the list."""
        ...


@dataclass
class Soak:
    """The figures so far: the failures, the seconds of each read, and the memory by number of projects."""

    count: int
    failures: list[str] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    memory: list[tuple[int, Memory]] = field(default_factory=list)
    seconds: float = 0.0

    def percentile(self, percent: int) -> float:
        """Return a percentile of the latency of reads, in ms."""
        cuts = statistics.quantiles(self.reads, n=100, method="inclusive") if len(self.reads) > 1 else self.reads * 99
        return cuts[percent - 1] * 1000

    @property
    def settled(self) -> Memory:
        """The memory after the first `SETTLED` projects, or at the end if there are fewer."""
        return next((memory for done, memory in self.memory if done >= SETTLED), self.end)

    @property
    def end(self) -> Memory:
        """The memory at the end."""
        return self.memory[-1][1]

    @property
    def growth(self) -> float:
        """The engine's memory at the end, as a share of the memory after the first projects."""
        return self.end.engine_mb / self.settled.engine_mb

    @property
    def passed(self) -> bool:
        """Whether no project failed, got stuck or was lost, and the memory did not grow."""
        return not self.failures and self.growth <= GROWTH


def soak(
    api: Api,
    project: ScenarioProject,
    count: int,
    batch: int,
    *,
    delete: bool,
    memory: Callable[[], Memory],
    report: Callable[[Soak], None],
    wait: Pause = pause,
) -> Soak:
    """Post `count` projects in batches, each after the previous one has ended; with `delete`, delete ended batches."""
    result, began = Soak(count), monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        for start in range(0, count, batch):
            posted = range(start, min(start + batch, count))
            ids = list(clients.map(lambda _: post(api, project), posted))
            result.failures += follow(api, ids, clients, result.reads, wait)
            if delete:
                list(clients.map(api.delete, ids))
            result.seconds = monotonic() - began
            result.memory.append((posted.stop, memory()))
            report(result)
    missing = 0 if delete else count - len(list_ids(api))
    result.failures += [f"{missing} projects are missing from the list"] if missing else []
    return result


def post(api: Api, project: ScenarioProject) -> str:
    """Post the project; return its id."""
    return api.create(project.name, project.requirements, project.template).id


def follow(
    api: Api, ids: Iterable[str], clients: ThreadPoolExecutor, reads: list[float], wait: Pause = pause
) -> list[str]:
    """Read projects until all have ended, and add the duration of each read to `reads`; return the failures."""

    def read(project_id: str) -> ProjectStatus:
        began = monotonic()
        status = api.get(project_id).status
        reads.append(monotonic() - began)
        return status

    running, failures = list(ids), list[str]()
    try:
        for _ in PATIENCE.attempts(wait):
            statuses = dict(zip(running, clients.map(read, running), strict=True))
            ended = {name: status for name, status in statuses.items() if status in FINAL}
            failures += [f"{name} is {status}" for name, status in ended.items() if status != ProjectStatus.COMPLETED]
            running = [name for name in running if name not in ended]
            if not running:
                break
    except TimeoutError:
        failures += [f"{name} is stuck" for name in running]
    return failures


def list_ids(api: Api) -> set[str]:
    """Return the ids of all projects in the list."""
    page = api.list_projects(PAGE)
    ids = {project.id for project in page.items}
    while page.next is not None:
        page = api.list_projects(PAGE, page.next)
        ids |= {project.id for project in page.items}
    return ids


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak a new engine; return 1 if a project failed, got stuck or was lost, or if the memory grew."""
    options, screen = parse_arguments(arguments), Display()
    with bench() as running, running.api() as api:
        assert running.engine is not None  # noqa: S101 - for the type checker: it was started here
        pid = running.engine.pid
        result = soak(
            api,
            load(SCENARIO).first,
            options.count,
            options.batch,
            delete=options.delete,
            memory=lambda: measure_memory(pid),
            report=lambda soak: screen.say(describe_progress(soak)),
        )
    for failure in result.failures:
        screen.say(("✗ ", "red"), failure)
    for name, value in summarize(result):
        screen.say(f"{name:<10}  {value}")
    return 0 if result.passed else 1


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m agenticai.soak", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="number of projects (default: 2000)")
    parser.add_argument("--batch", type=int, default=50, help="number of projects posted at once (default: 50)")
    parser.add_argument("--delete", action="store_true", help="delete each batch when it has ended")
    return parser.parse_args(arguments)


def describe_progress(result: Soak) -> str:
    """Describe how far the soak is, in one line."""
    completed, memory = result.memory[-1]
    return (
        f"{completed:>5} of {result.count}  {result.seconds:5.0f} s  engine {memory.engine_mb:.1f} MB"
        f"  functions {memory.functions_mb:.0f} MB in {memory.functions}"
        f"  reads p50 {result.percentile(50):.0f} ms, p99 {result.percentile(99):.0f} ms"
    )


def summarize(result: Soak) -> list[tuple[str, str]]:
    """Return the results, each with its name."""
    first, end = f"MB after {SETTLED} projects", "MB at the end"
    return [
        ("projects", f"{result.count}, {len(result.failures)} failures"),
        ("time", f"{result.seconds:.0f} s, {result.seconds / result.count:.2f} s for each project"),
        ("engine", f"{result.settled.engine_mb:.1f} {first}, {result.end.engine_mb:.1f} {end}"),
        ("growth", f"{result.growth - 1:+.1%}, at most {GROWTH - 1:+.0%}"),
        ("functions", f"{result.settled.functions_mb:.0f} {first}, {result.end.functions_mb:.0f} {end}"),
        ("reads", f"p50 {result.percentile(50):.0f} ms, p99 {result.percentile(99):.0f} ms of {len(result.reads)}"),
    ]


if __name__ == "__main__":
    sys.exit(main())
