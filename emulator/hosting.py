"""The engines as the gateway's process hosts them: each composed with the meter, faults and clock of one run."""

import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.routing import Route
from starlette.types import ASGIApp

from agenticai.emulator.control import Steered
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.core.usage_records import Ability, EngineAbout
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.chosen import Chosen
from agenticai.emulator.faults.ports import Workers
from agenticai.emulator.faults.rules import Fault
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.gateway import GatewayStep
from agenticai.emulator.http.request import CONTROL, GEMINI
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.queues.operations import QueueOperations
from agenticai.emulator.spool.file import Spool


@dataclass(frozen=True)
class Run:
    """What every engine is composed with: where it serves, its folders, the functions' interpreter, and the books.

    `control_secret` is what the control API asks for, if anything.
    """

    endpoint_url: str
    port: int
    folder: Path
    home: Path
    python: Path
    spool: Spool
    ledger: Ledger
    faults: FaultBook
    clock: Clock
    control_secret: str | None = field(default=None, repr=False)

    @property
    def model_url(self) -> str:
        """Where functions ask the language model."""
        return f"{self.endpoint_url}{GEMINI}"


@dataclass(frozen=True)
class Hosted:
    """An engine: what answers as AWS, what AWS has and it lacks, how it is steered, and which faults it takes.

    `api_origins` are the origins that a deployed API allows; `on_ready` is called when the gateway serves, and `close`
    when it stops.
    """

    app: ASGIApp
    about: EngineAbout
    workers: Workers
    steered: Steered | None = None
    missing: Sequence[GatewayStep] = ()
    routes: Sequence[Route] = ()
    can_apply: Callable[[Fault], bool] = lambda _: True
    api_origins: Callable[[str], Collection[str]] = lambda _: ()
    on_ready: Callable[[], object] = lambda: None
    close: Callable[[], None] = lambda: None


def host_ministack(run: Run, _: Chosen, __: Callable[[str], object]) -> Hosted:
    """Return the embedded engine, which runs in this process."""
    from agenticai.emulator.engines.ministack import LambdaHost, MiniStack, allowed_origins
    from agenticai.emulator.queues.contents import contents_routes

    activity = Activity()
    host = LambdaHost(
        run.endpoint_url, run.model_url, run.python, run.home / "cache" / "code", run.ledger, run.clock, activity
    )
    engine = MiniStack(host, run.faults, run.port, run.spool, run.folder)
    return Hosted(
        engine.app,
        EngineAbout(engine="embedded"),
        engine.functions,
        steered=engine,
        missing=[lambda app: QueueOperations(app, run.clock, activity)],
        routes=contents_routes(engine.contents),
        api_origins=allowed_origins,
        on_ready=lambda: threading.Thread(target=engine.preload, daemon=True, name="preload").start(),
        close=engine.close,
    )


OF_LOCALSTACK: Final[frozenset[Ability]] = frozenset({"gemini", "meter", "control", "invocations"})
"""What LocalStack can do behind the gateway; one that somebody else started tells nothing of its functions."""


def host_localstack(run: Run, chosen: Chosen, on_end: Callable[[str], object]) -> Hosted:
    """Return LocalStack behind a proxy: one that runs, or a process that is started here."""
    from agenticai.emulator.engines.localstack.environments import PATH, Environments
    from agenticai.emulator.engines.localstack.proxy import Proxy
    from agenticai.emulator.engines.localstack.runtime import localstack_python
    from agenticai.emulator.engines.localstack.server import LocalStackProcess, Wiring, edition_at

    environments = Environments(run.ledger, here=chosen.starts_localstack)
    if chosen.url:
        url, edition, close = chosen.url, edition_at(chosen.url), nothing
    else:
        observer_url = f"{run.endpoint_url}{CONTROL}{PATH}"
        wiring = Wiring(run.endpoint_url, run.model_url, observer_url, run.control_secret or "")
        python = localstack_python(run.home, environ=os.environ, on_progress=lambda _: None)
        process = LocalStackProcess(python, run.python, run.folder, wiring)
        url, edition, close = process.url, process.await_healthy(), process.stop
        process.watch(on_end)
    return Hosted(
        Proxy(url),
        EngineAbout(engine=str(edition), abilities=OF_LOCALSTACK - ({"invocations"} if chosen.url else set())),
        environments,
        routes=environments.routes(),
        can_apply=environments.can_apply,
        close=close,
    )


def nothing() -> None:
    """End nothing: what somebody else started stays."""


Host = Callable[[Run, Chosen, Callable[[str], object]], Hosted]
"""Makes an engine for a run, and calls what it is given with a sentence if that ends by itself. Raises EngineError."""

HOSTS: Final[Mapping[str, Host]] = {"embedded": host_ministack, "localstack": host_localstack}
