"""A scenario file as a pytest test, on an engine that each test process starts once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from agenticai.client.errors import ProjectsError
from agenticai.emulator.core.errors import EngineError
from agenticai.emulator.core.home import find_home
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.errors import InvalidScenario, ScenarioError
from agenticai.scenarios.format.scenario import Scenario, load
from agenticai.scenarios.replaying.replay import replay
from agenticai.scenarios.reports.document import ScenarioReport
from agenticai.stack.errors import StackError


class ScenarioFailed(ScenarioError):
    """A scenario did not meet its expectations, or broke an invariant; the message has the evidence."""


class OwnBench:
    """The bench of a test process: started for the first scenario, and again if its engine has ended."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._open = ExitStack()
        self._bench: Bench | None = None

    def get(self) -> Bench:
        """Return a running bench. Raises the errors of `emulator` and `stack`."""
        if self._bench is None or not (self._bench.engine and self._bench.engine.running):
            self.close()
            self._bench = self._open.enter_context(bench(home=self._home))
        return self._bench

    def close(self) -> None:
        """Stop the bench."""
        self._open.close()


BENCH: Final = pytest.StashKey[OwnBench]()


class ScenarioFile(pytest.File):
    """A scenario file, which holds one test."""

    def collect(self) -> Iterator["ScenarioTest"]:
        try:
            scenario = load(self.path)
        except InvalidScenario as error:
            raise self.CollectError(str(error)) from error
        test: ScenarioTest = ScenarioTest.from_parent(self, name=scenario.name, scenario=scenario)
        yield test


class ScenarioTest(pytest.Item):
    """A scenario as a test: a failure is shown as evidence, without a traceback."""

    def __init__(self, name: str, parent: pytest.Collector, scenario: Scenario) -> None:
        super().__init__(name, parent)
        self._scenario = scenario

    def runtest(self) -> None:
        own_bench = self.config.stash.setdefault(BENCH, OwnBench(find_home(folder=self.config.rootpath)))
        report = ScenarioReport.of(replay(own_bench.get(), self._scenario))
        self.user_properties += [(f"calls.{service}", str(calls)) for service, calls in report.calls_by_service.items()]
        self.add_report_section("call", "scenario", "\n".join(report.course))
        if report.evidence:
            raise ScenarioFailed("\n".join(report.evidence))
        if report.left_out or report.skipped:
            pytest.skip("; ".join((*report.left_out, report.skipped)).strip("; "))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if isinstance(excinfo.value, ScenarioError | ProjectsError | EngineError | StackError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"scenario {self.name}"
