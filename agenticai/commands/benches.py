"""What starts the benches of a command: engines of its own, each with a log folder, or a stack that is up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path

from agenticai.emulator.engines.chosen import EMBEDDED, Chosen
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.benches.pool import Start
from agenticai.scenarios.benches.targets import bench_at

OnWork = Callable[[str, str], None]
"""Told what an engine of this name does, and with an empty text that it is up."""


def engine_starter(
    folder: Path, engine: Chosen = EMBEDDED, *, prefix: str = "engine", on_work: OnWork = lambda _, __: None
) -> Start:
    """Return what starts benches, each on an engine that logs to a folder of its own below `folder`."""
    numbers = count(1)

    @contextmanager
    def start() -> Iterator[Bench]:
        name = f"{prefix}-{next(numbers)}"
        with bench(engine=engine, run_dir=folder / name, report=lambda text: on_work(name, text)) as running:
            on_work(name, "")
            yield running

    return start


def stack_finder(url: str, stage: str) -> Start:
    """Return what finds the bench of a stack that is up, and leaves it as it is."""
    return lambda: nullcontext(bench_at(url, stage))
