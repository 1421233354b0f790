"""Starts a command's benches: on new engines, each with a log folder, or on an existing stack."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path

from agenticai.emulator.engines.engine_choice import EMBEDDED, EngineChoice
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.benches.pool import Start
from agenticai.scenarios.benches.targets import bench_at

OnWork = Callable[[str, str], None]
"""Called with an engine's name and what it is doing; an empty text means that it is ready."""


def make_engine_starter(
    folder: Path, engine: EngineChoice = EMBEDDED, *, prefix: str = "engine", on_work: OnWork = lambda _, __: None
) -> Start:
    """Return a function that starts benches, each on an engine that logs to its own folder below `folder`."""
    numbers = count(1)

    @contextmanager
    def start() -> Iterator[Bench]:
        name = f"{prefix}-{next(numbers)}"
        with bench(engine=engine, run_dir=folder / name, report=lambda text: on_work(name, text)) as running:
            on_work(name, "")
            yield running

    return start


def make_stack_finder(url: str, stage: str) -> Start:
    """Return a function that finds the bench of an existing stack, and does not change it."""
    return lambda: nullcontext(bench_at(url, stage))
