"""The engine that integration tests share: one per test process, on a free port, in its own directory."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from agenticai.emulator.process import Engine, start_engine
from tests.integration.cloud import CASSETTES, Cloud


class Running(NamedTuple):
    engine: Engine
    cloud: Cloud


class SharedEngine:
    """One engine for successive test modules; after a module that leaves the clock ahead, the next gets a new one."""

    def __init__(self, new_run_dir: pytest.TempPathFactory) -> None:
        self._new_run_dir = new_run_dir
        self._started = ExitStack()
        self._running: Running | None = None

    def on_time(self) -> Running:
        if self._running and self._running.cloud.control.clock().ahead_s == 0:
            return self._running
        self._started.close()
        self._running = self._start(self._new_run_dir.mktemp("engine"))
        return self._running

    def _start(self, run_dir: Path) -> Running:
        engine = self._started.enter_context(start_engine(cassettes=CASSETTES, run_dir=run_dir))
        return Running(engine, self._started.enter_context(Cloud(engine.endpoint_url)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()


@pytest.fixture(scope="session")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedEngine]:
    """What engines share (interpreter, unpacked code) stays in the project's own folder."""
    with SharedEngine(tmp_path_factory) as shared:
        yield shared


@pytest.fixture(scope="module")
def on_time(shared_engine: SharedEngine) -> Running:
    """The shared engine, with the machine's time when a module's tests begin."""
    return shared_engine.on_time()


@pytest.fixture(scope="module")
def engine(on_time: Running) -> Engine:
    return on_time.engine


@pytest.fixture(scope="module")
def cloud(on_time: Running) -> Cloud:
    """The shared engine through boto3 and the control client."""
    return on_time.cloud
