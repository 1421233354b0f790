"""A soak of one engine: batch after batch of small projects, with its memory and the latency of reads: `make soak`."""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from rich.table import Table

from agenticai.client.api import ProjectsApi
from agenticai.display import Display
from agenticai.memory import Memory, memory_of
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import LIBRARY, ScenarioProject, load
from agenticai.stack.waiting import Polling
from shared.models.workflow import FINAL, ProjectStatus

SCENARIO: Final = LIBRARY / "greeting.yaml"
CLIENTS: Final = 10
PAGE: Final = 100
SETTLING: Final = 200
"""Projects after which an engine's memory should stay as it is."""

DONE: Final = frozenset({ProjectStatus.COMPLETED})
GROWTH: Final = 1.10
STUCK: Final = Polling(first=1.0, longest=1.0, limit=300)
"""A batch that takes longer is stuck."""


@dataclass
class Soak:
    """What was seen: projects that did not complete, seconds of each read, the memory after each batch."""

    count: int
    failed: list[str] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    memory: list[tuple[int, Memory]] = field(default_factory=list)
    seconds: float = 0.0

    def percentile(self, percent: int) -> float:
        """The latency of reads, in ms."""
        return statistics.quantiles(self.reads, n=100, method="inclusive")[percent - 1] * 1000

    @property
    def settled(self) -> Memory:
        """The memory after the first `SETTLING` projects, or after all if they are fewer."""
        return next((memory for done, memory in self.memory if done >= SETTLING), self.memory[-1][1])

    @property
    def growth(self) -> float:
        """The engine's memory at the end against that after the first projects."""
        return self.memory[-1][1].engine_mb / self.settled.engine_mb

    @property
    def passed(self) -> bool:
        """Whether nothing was lost or stuck, and the memory stayed."""
        return not self.failed and self.growth <= GROWTH


def soak(running: Bench, count: int, batch: int, *, delete: bool, report: Callable[[Soak], None]) -> Soak:
    """Post `count` projects in batches, each to its end before the next; with `delete`, take each batch away again."""
    project, seen, began = load(SCENARIO).first, Soak(count), monotonic()
    assert running.engine is not None  # noqa: S101 - for the type checker: it was started here
    with running.api() as api, ThreadPoolExecutor(CLIENTS) as clients:
        for first in range(0, count, batch):
            posted = range(first, min(first + batch, count))
            ids = list(clients.map(lambda _: post(api, project), posted))
            seen.failed += follow(api, ids, clients, seen.reads)
            if delete:
                list(clients.map(api.delete, ids))
            seen.seconds = monotonic() - began
            seen.memory.append((posted.stop, memory_of(running.engine.pid)))
            report(seen)
        seen.failed += [] if delete else lost(api, count)
    return seen


def post(api: ProjectsApi, project: ScenarioProject) -> str:
    """Post the project; return its id."""
    return api.create(project.name, project.requirements, project.template).id


def follow(api: ProjectsApi, ids: Iterable[str], clients: ThreadPoolExecutor, reads: list[float]) -> list[str]:
    """Read the projects until all have ended, noting how long each read took; return what is wrong with which."""

    def read(project_id: str) -> ProjectStatus:
        began = monotonic()
        status = api.get(project_id).status
        reads.append(monotonic() - began)
        return status

    running, failed = list(ids), list[str]()
    try:
        for _ in STUCK.attempts():
            statuses = dict(zip(running, clients.map(read, running), strict=True))
            failed += [f"{name} is {status}" for name, status in statuses.items() if status in FINAL - DONE]
            running = [name for name, status in statuses.items() if status not in FINAL]
            if not running:
                break
    except TimeoutError:
        failed += [f"{name} is stuck" for name in running]
    return failed


def lost(api: ProjectsApi, count: int) -> list[str]:
    """What is wrong with the list of all projects, which are kept."""
    page = api.listed(PAGE)
    found = [*page.items]
    while page.next is not None:
        page = api.listed(PAGE, page.next)
        found += page.items
    missing = count - len({project.id for project in found})
    return [f"{missing} are not in the list"] if missing else []


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak an engine of its own and print the table; return 1 if something was lost or stuck, or the memory grew."""
    asked, screen = parsed(arguments), Display()
    with bench() as running:
        seen = soak(running, asked.count, asked.batch, delete=asked.delete, report=lambda soak: show(screen, soak))
    for failure in seen.failed:
        screen.say(("✗", "red"), f" {failure}")
    screen.show(summary(seen))
    return 0 if seen.passed else 1


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m agenticai.soak", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="projects in all (default: 2000)")
    parser.add_argument("--batch", type=int, default=50, help="projects posted at once (default: 50)")
    parser.add_argument("--delete", action="store_true", help="delete each batch when it has ended")
    return parser.parse_args(arguments)


def show(screen: Display, seen: Soak) -> None:
    """Print how far it is."""
    done, memory = seen.memory[-1]
    screen.say(
        f"{done:>5} of {seen.count}  {seen.seconds:6.0f} s  engine {memory.engine_mb:6.1f} MB"
        f"  functions {memory.functions_mb:6.1f} MB in {memory.functions}"
        f"  reads p50 {seen.percentile(50):.0f} ms, p99 {seen.percentile(99):.0f} ms"
    )


def summary(seen: Soak) -> Table:
    """The figures."""
    table = Table(box=None, pad_edge=False, show_header=False)
    settled, end = seen.settled, seen.memory[-1][1]
    table.add_row("projects", f"{seen.count}, {len(seen.failed)} failures")
    table.add_row("time", f"{seen.seconds:.0f} s, {seen.seconds / seen.count:.2f} s a project")
    table.add_row("engine", f"{settled.engine_mb:.1f} MB after {SETTLING}, {end.engine_mb:.1f} MB at the end")
    table.add_row("growth", f"{seen.growth - 1:+.1%}, at most {GROWTH - 1:+.0%}")
    table.add_row("functions", f"{settled.functions_mb:.1f} MB after {SETTLING}, {end.functions_mb:.1f} MB at the end")
    table.add_row("reads", f"p50 {seen.percentile(50):.1f} ms, p99 {seen.percentile(99):.1f} ms of {len(seen.reads)}")
    return table


if __name__ == "__main__":
    sys.exit(main())
