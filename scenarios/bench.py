"""A stack on an engine, ready to use: the engine started, the handlers built, the template deployed."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emulator.client import ControlClient
from emulator.process import HOME, Engine, start_engine
from scenarios.client import ProjectsApi
from scenarios.scenario import CASSETTES
from stack.build import Progress, Step, build
from stack.deploy import deploy
from stack.events import StackEvent
from stack.outputs import StackOutputs
from stack.secrets import Secrets
from stack.target import Target
from stack.template import Template

STAGE: Final = "dev"
REPLAY_KEY: Final = "replayed-replies-need-no-key"
"""The Gemini endpoint of the embedded engine asks for a key as Google does, and takes any."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """A deployed stack on a running engine."""

    engine: Engine
    target: Target
    outputs: StackOutputs
    token: str

    def api(self) -> ProjectsApi:
        """A client of the stack's API."""
        return ProjectsApi(self.outputs.api_url, self.token)

    def control(self) -> ControlClient:
        """A client of the engine's control API."""
        return ControlClient(self.engine.endpoint_url)


@contextmanager
def bench(
    *,
    port: int = 0,
    cassettes: Path = CASSETTES,
    home: Path = HOME,
    run_dir: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    report: Report = lambda _: None,
) -> Iterator[Bench]:
    """Start an engine and deploy the stack to it; leaving the block takes both away.

    `report` is told, in a few words, what is being done. Raises the errors of `emulator` and `stack`.
    """
    report("starting the engine")
    run_dir = run_dir or home / "run" / str(os.getpid())
    with start_engine(
        port=port, cassettes=cassettes, run_dir=run_dir, home=home, environ=environ, on_progress=report
    ) as engine:
        target = Target.embedded(engine.endpoint_url)
        try:
            yield _deployed(engine, target, home, report)
        finally:
            target.close()


def _deployed(engine: Engine, target: Target, home: Path, report: Report) -> Bench:
    template, token = Template.load(), secrets.token_urlsafe(32)

    def building(progress: Progress) -> None:
        if progress.step is not Step.READY:
            report(f"building {progress.name}: {progress.step}")

    def deploying(event: StackEvent) -> None:
        report(f"deploying {event.logical_id}: {event.status.lower().replace('_', ' ')}")

    bundles = build(template, target.platform(template), home / "cache", building)
    report("creating the change set")
    outputs = deploy(
        target,
        STAGE,
        template=template,
        bundles=bundles,
        secrets=Secrets(gemini_api_key=REPLAY_KEY, api_token=token),
        parameters={"GeminiEndpoint": target.gemini_endpoint},
        on_event=deploying,
    )
    return Bench(engine, target, outputs, token)
