"""A stack on an engine, ready to use: the engine started, the handlers built, the template deployed."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.process import HOME, Engine, launch
from scenarios.scenario import CASSETTES

if TYPE_CHECKING:
    from emulator.client import ControlClient
    from scenarios.client import ProjectsApi
    from stack.outputs import StackOutputs
    from stack.target import Target

KEPT_RUNS = 5

Report = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """A deployed stack on a running engine."""

    engine: Engine
    target: "Target"
    outputs: "StackOutputs"
    token: str

    def api(self) -> "ProjectsApi":
        """A client of the stack's API."""
        from scenarios.client import ProjectsApi

        return ProjectsApi(self.outputs.api_url, self.token)

    def control(self) -> "ControlClient":
        """A client of the engine's control API."""
        from emulator.client import ControlClient

        return ControlClient(self.engine.endpoint_url)


@contextmanager
def bench(
    *,
    port: int = 0,
    cassettes: Path = CASSETTES,
    home: Path = HOME,
    run_dir: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    gemini_api_key: str | None = None,
    report: Report = lambda _: None,
) -> Iterator[Bench]:
    """Start an engine and deploy the stack to it; leaving the block takes both away.

    With a `gemini_api_key` the agents ask Gemini itself; without one they get the replies stored in `cassettes`.
    `report` is told, in a few words, what is being done. What the engine logged stays in `run_dir` if the block ends
    with an error. Raises the errors of `emulator` and `stack`.
    """
    report("starting the engine")
    run_dir = run_dir or _new_run_dir(home / "run")
    with launch(
        port=port, cassettes=cassettes, run_dir=run_dir, home=home, environ=environ, on_progress=report
    ) as starting:
        # Imported only now: what the deployment needs takes as long to import as the engine takes to start.
        from scenarios.deployment import deploy_to, prepare

        prepared = prepare(home / "cache", report)
        with (
            starting.ready() as engine,
            deploy_to(engine, prepared, report, gemini_api_key=gemini_api_key) as deployed,
        ):
            yield deployed
    shutil.rmtree(run_dir, ignore_errors=True)


def _new_run_dir(runs: Path) -> Path:
    """A folder for this process's run; of those that ended badly only the newest are kept."""
    ended = sorted(runs.glob("*"), key=lambda path: path.stat().st_mtime)
    for old in ended[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return runs / str(os.getpid())
