"""A function version on this interpreter, for tests of its environments."""

import dataclasses
import sys
import textwrap
from pathlib import Path
from types import TracebackType
from typing import Self

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.execution_environment import ExecutionEnvironment
from agenticai.emulator.engines.snapshot import Snapshot
from agenticai.emulator.engines.starter import Starter
from tests.emulator.examples import FUNCTION
from tests.integration.cloud import eventually


class Version:
    """The environments of one function with the module `source`; they end with the block."""

    def __init__(self, source: str, task_root: Path, clock: Clock, activity: Activity) -> None:
        (task_root / "app.py").write_text(textwrap.dedent(source))
        self.function = dataclasses.replace(FUNCTION, task_root=task_root, timeout_s=60)
        self.starter = Starter(self.function, Path(sys.executable))
        self._clock = clock
        self._activity = activity
        self._started: list[ExecutionEnvironment] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for environment in self._started:
            environment.kill()
            environment.close()
        self.starter.close()

    def variables(self, name: str) -> dict[str, str]:
        """Return the variables of an environment, whose name is the session token and the log stream."""
        return self.function.build_variables(endpoint_url="http://127.0.0.1:1", session_token=name, log_stream=name)

    def start(self, name: str = "one") -> ExecutionEnvironment:
        environment = ExecutionEnvironment(self.starter, self.variables(name), self._clock, self._activity)
        self._started.append(environment)
        return environment

    def make_snapshot(self) -> Snapshot:
        """Create a snapshot, as after the loss of an environment; its init has then ended, with or without an error."""
        self.starter.prepare(self.variables("of the snapshot"))
        snapshot = self.starter.snapshot
        assert snapshot
        eventually(lambda: not snapshot.preparing)
        return snapshot
