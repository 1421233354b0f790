"""A stack on an engine, ready to use: the engine started, the handlers built, the template deployed."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agenticai.emulator.core.errors import PortTaken
from agenticai.emulator.core.home import find_home, make_home
from agenticai.emulator.engines.chosen import EMBEDDED, Chosen
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
    engine: Chosen = EMBEDDED,
    reach: Reach = HERE,
    template: Path | None = None,
    report: TellProgress = lambda _: None,
) -> Iterator[Bench]:
    """Start an engine and deploy the stack to it; leaving the block takes both away.

    `gemini` is how the engine answers as the Gemini API: with the replies stored in `cassettes`, or in another of the
    ways in `emulator/gemini`. The agents ask it with the `gemini_api_key`, which only the API itself looks at.
    `engine` is what answers as AWS, and `reach` says from where it is reached. `report` is told, in a few words, what
    is being done. `home` is the state folder, by default what `find_home` finds. What the engine logs is in `run_dir`;
    without one, it is kept in `home` only if the block ends with an error, or if requests wait there for somebody to
    write their replies. Raises the errors of `emulator` and `stack`.
    """
    home = home or find_home(environ)
    with (
        launched(
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
def launched(
    *,
    port: int = 0,
    cassettes: Path = CASSETTES,
    home: Path,
    run_dir: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    gemini: str = REPLAY,
    engine: Chosen = EMBEDDED,
    reach: Reach = HERE,
    report: TellProgress = lambda _: None,
) -> Iterator[Launch]:
    """Start an engine as `bench` does, with nothing on it, and without waiting for it."""
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
    # Imported only now: what the deployment needs takes as long to import as the engine takes to start.
    from agenticai.scenarios.benches.deployment import deploy_to, prepare

    # While the engine starts, for this machine; what runs functions on another platform says so only when it is ready.
    elsewhere = starting.chosen.image or starting.chosen.functions_on
    early = None if elsewhere else prepare(cache, report, template)
    with (
        starting.ready() as engine,
        deploy_to(
            engine,
            lambda target: early or prepare(cache, report, template, target.functions_on),
            report,
            gemini_api_key=key,
        ) as deployed,
    ):
        yield deployed


@contextmanager
def _folder(given: Path | None, runs: Path) -> Iterator[Path]:
    """Yield the folder of a run: the one that was given, or a new one.

    A new one goes again where the engine's port is taken, or where all went well and no request lacked its reply.
    """
    if given is not None:
        yield given
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
