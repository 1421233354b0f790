"""A ready-to-use stack on an engine: starts the engine, builds the handlers, deploys the template."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agenticai.emulator.core.errors import PortTaken
from agenticai.emulator.core.home import find_home, make_home
from agenticai.emulator.engines.engine_choice import EMBEDDED, EngineChoice
from agenticai.emulator.gemini import MISSES, REPLAY
from agenticai.emulator.http.reach import HERE, Reach
from agenticai.emulator.process import Launch, launch
from agenticai.scenarios.benches.deployed import Bench, TellProgress
from agenticai.scenarios.benches.run_folders import remove_old_runs, run_folder
from agenticai.scenarios.format.scenario import CASSETTES


@contextmanager
def bench(
    *,
    port: int = 0,
    cassettes: Path = CASSETTES,
    home: Path | None = None,
    run_dir: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    gemini: str = REPLAY,
    gemini_api_key: str | None = None,
    engine: EngineChoice = EMBEDDED,
    reach: Reach = HERE,
    template: Path | None = None,
    report: TellProgress = lambda _: None,
) -> Iterator[Bench]:
    """Start an engine and deploy the stack to it; both are removed at the end of the block.

    `gemini` is how the engine answers as the Gemini API: with the replies stored in `cassettes`, or in another of the
    ways in `emulator/gemini`. The agents send it the `gemini_api_key`, which only the real API checks. `engine` is the
    emulator of AWS, and `reach` says from where it can be reached. `report` gets progress messages. `home` is the state
    folder, by default the one that `find_home` returns. The engine's logs are in `run_dir`; without one, they are kept
    in `home` only if the block ends with an error, or if requests there wait for a written reply. Raises the errors of
    `emulator` and `stack`.
    """
    home = home or find_home(environ)
    with (
        launch_engine(
            port=port,
            cassettes=cassettes,
            home=home,
            run_dir=run_dir,
            environ=environ,
            gemini=gemini,
            engine=engine,
            reach=reach,
            report=report,
        ) as starting,
        _deployed(starting, home / "cache", template, gemini_api_key, report) as running,
    ):
        yield running


@contextmanager
def launch_engine(
    *,
    port: int = 0,
    cassettes: Path = CASSETTES,
    home: Path,
    run_dir: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    gemini: str = REPLAY,
    engine: EngineChoice = EMBEDDED,
    reach: Reach = HERE,
    report: TellProgress = lambda _: None,
) -> Iterator[Launch]:
    """Start an empty engine as `bench` does, without waiting for it."""
    report("starting the engine")
    make_home(home)
    with (
        _folder(run_dir, home / "run") as logs,
        launch(
            cassettes=cassettes,
            run_dir=logs,
            port=port,
            home=home,
            gemini=gemini,
            engine=engine,
            reach=reach,
            environ=environ,
            on_progress=report,
        ) as starting,
    ):
        yield starting


@contextmanager
def _deployed(
    starting: Launch, cache: Path, template: Path | None, key: str | None, report: TellProgress
) -> Iterator[Bench]:
    # Imported only now: this import takes as long as the start of the engine.
    from agenticai.scenarios.benches.deployment import deploy_to, prepare

    # Built while the engine starts, for this machine; an engine for another platform names that only when it is ready.
    foreign_platform = starting.chosen.image or starting.chosen.functions_on
    built = None if foreign_platform else prepare(cache, report, template)
    with (
        starting.ready() as engine,
        deploy_to(
            engine,
            lambda target: built or prepare(cache, report, template, target.functions_on),
            report,
            gemini_api_key=key,
        ) as deployed,
    ):
        yield deployed


@contextmanager
def _folder(run_dir: Path | None, runs: Path) -> Iterator[Path]:
    """Yield the folder of a run: the given one, or a new one.

    A new one is removed if the engine's port is taken, or if all succeeded and no request lacked its reply.
    """
    if run_dir is not None:
        yield run_dir
        return
    with run_folder(runs) as folder:
        try:
            yield folder
        except PortTaken:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        else:
            if not (folder / MISSES).exists():
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            remove_old_runs(runs)
