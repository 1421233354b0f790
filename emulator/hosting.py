"""Sets up each engine in the gateway's process, with the meter, faults and clock of the run."""

import errno
import os
import socket
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.routing import Route
from starlette.types import ASGIApp

from agenticai.emulator.control import SteerableEngine
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.core.errors import EngineError, PortTaken
from agenticai.emulator.core.usage_records import Ability, EngineAbout
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.engine_choice import EngineChoice
from agenticai.emulator.faults.ports import Workers
from agenticai.emulator.faults.rules import Fault
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.gateway import GatewayStep
from agenticai.emulator.http.listening import bind
from agenticai.emulator.http.reach import EVERYWHERE
from agenticai.emulator.http.request import GEMINI
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.queues.operations import QueueOperations
from agenticai.emulator.spool.file import Spool
from agenticai.stack.platform import name_this_platform

if TYPE_CHECKING:
    from agenticai.emulator.engines.localstack.environments import Environments


@dataclass(frozen=True)
class Run:
    """What every engine needs: its address and folders, the functions' interpreter, the ledger and the fault book.

    `host` is the address that the gateway listens on, and `control_secret` the control API's secret, if there is one.
    """

    host: str
    port: int
    endpoint_url: str
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
        """The URL of the language model for functions."""
        return f"{self.endpoint_url}{GEMINI}"


@dataclass(frozen=True)
class HostedEngine:
    """A running engine: its AWS API, steps for operations it lacks, its controls, and the faults that it supports.

    `api_origins` are the origins that a deployed API allows; `hosts` are names by which functions reach the gateway,
    and `listeners` the sockets for them. `on_ready` is called when it serves, and `close` when it stops.
    """

    app: ASGIApp
    about: EngineAbout
    workers: Workers
    steered: SteerableEngine | None = None
    missing: Sequence[GatewayStep] = ()
    routes: Sequence[Route] = ()
    can_apply: Callable[[Fault], bool] = lambda _: True
    api_origins: Callable[[str], Collection[str]] = lambda _: ()
    hosts: Collection[str] = ()
    listeners: Sequence[socket.socket] = ()
    on_ready: Callable[[], object] = lambda: None
    close: Callable[[], None] = lambda: None


def host_ministack(run: Run, choice: EngineChoice, _: Callable[[str], object]) -> HostedEngine:
    """Return the embedded engine, which runs in this process."""
    from agenticai.emulator.engines.ministack import LambdaHost, MiniStack, list_allowed_origins
    from agenticai.emulator.queues.contents import build_contents_routes

    activity = Activity()
    host = LambdaHost(
        run.endpoint_url, run.model_url, run.python, run.home / "cache" / "code", run.ledger, run.clock, activity
    )
    engine = MiniStack(host, run.faults, run.port, run.spool, run.folder, iam=choice.iam)
    return HostedEngine(
        engine.app,
        EngineAbout(engine="embedded", functions_on=name_this_platform()),
        engine.functions,
        steered=engine,
        missing=[lambda app: QueueOperations(app, run.clock, activity)],
        routes=[
            *build_contents_routes(engine.contents),
            *engine.alarms.list_routes(),
            *engine.permissions.list_routes(),
        ],
        api_origins=list_allowed_origins,
        on_ready=lambda: threading.Thread(target=engine.preload, daemon=True, name="preload").start(),
        close=engine.close,
    )


OF_LOCALSTACK: Final[frozenset[Ability]] = frozenset({"gemini", "meter", "control", "invocations"})
"""What LocalStack can do behind the gateway."""

NAMED: Final = 20
"""Number of projects that are named when LocalStack is lost."""

UNOBSERVED: Final = OF_LOCALSTACK - {"invocations"}
"""What LocalStack can do behind the gateway if nothing reports on its functions."""


def host_localstack(run: Run, choice: EngineChoice, on_end: Callable[[str], object]) -> HostedEngine:
    """Return LocalStack behind a proxy: a running one, or a new one, with or without a container."""
    if choice.image:
        return host_container(run, choice, on_end)
    return host_running(run, choice) if choice.url else host_process(run, on_end)


def host_running(run: Run, choice: EngineChoice) -> HostedEngine:
    """Return a LocalStack that somebody else started, and that keeps running."""
    from agenticai.emulator.engines.localstack.environments import Environments
    from agenticai.emulator.engines.localstack.server import read_edition

    environments = Environments(run.ledger, here=False)
    about = EngineAbout(
        engine=str(read_edition(choice.url)),
        abilities=OF_LOCALSTACK if choice.observed else UNOBSERVED,
        functions_on=choice.functions_on or name_this_platform(),
    )
    if choice.observed:
        share_secret(run.control_secret or "", Path(choice.observed))
    return host_behind_proxy(choice.url, about, environments)


def host_process(run: Run, on_end: Callable[[str], object]) -> HostedEngine:
    """Return LocalStack's own runtime as a child process."""
    from agenticai.emulator.engines.localstack.environments import Environments
    from agenticai.emulator.engines.localstack.runtime import ensure_localstack_python
    from agenticai.emulator.engines.localstack.server import GatewayAddresses, LocalStackProcess

    environments = Environments(run.ledger, here=True)
    wiring = GatewayAddresses(run.endpoint_url, run.endpoint_url, run.control_secret or "")
    python = ensure_localstack_python(run.home, environ=os.environ, on_progress=lambda _: None)
    process = LocalStackProcess(python, run.python, run.folder, wiring)
    about = EngineAbout(engine=str(process.await_healthy()), abilities=OF_LOCALSTACK, functions_on=name_this_platform())
    process.watch(report_lost_projects(run.ledger, on_end))
    return replace(host_behind_proxy(process.url, about, environments), close=process.stop)


def host_container(run: Run, choice: EngineChoice, on_end: Callable[[str], object]) -> HostedEngine:
    """Return LocalStack in a container, whose functions reach the gateway through Docker's network."""
    from agenticai.emulator.engines.localstack.container import HOST_NAME, LocalStackContainer
    from agenticai.emulator.engines.localstack.docker_engine import connect, find_bridge_address
    from agenticai.emulator.engines.localstack.environments import Environments
    from agenticai.emulator.engines.localstack.server import GatewayAddresses

    environments = Environments(run.ledger, here=False)
    with closing(connect().client) as docker:
        address = None if run.host in EVERYWHERE else find_bridge_address(docker)
    listeners = listen_for_containers(address, run.port)
    wiring = GatewayAddresses(run.endpoint_url, f"http://{HOST_NAME}:{run.port}", run.control_secret or "")
    container = LocalStackContainer(choice.image, run.folder, wiring, docker_socket=choice.docker_socket)
    edition, platform = container.await_healthy(), container.probe()
    container.watch(report_lost_projects(run.ledger, on_end))
    about = EngineAbout(
        engine=str(edition),
        abilities=OF_LOCALSTACK if container.runs_functions else UNOBSERVED,
        functions_url=wiring.functions_url,
        functions_on=platform if container.runs_functions else f"lambda-{platform.rpartition('-')[2]}",
    )
    hosted = host_behind_proxy(container.url, about, environments)
    return replace(hosted, hosts=(HOST_NAME,), listeners=listeners, close=container.stop)


def host_behind_proxy(url: str, about: EngineAbout, environments: "Environments") -> HostedEngine:
    """Return the LocalStack at an address, behind a proxy; `environments` are those of its functions."""
    from agenticai.emulator.engines.localstack.proxy import Proxy

    return HostedEngine(
        Proxy(url), about, environments, routes=environments.list_routes(), can_apply=environments.can_apply
    )


def report_lost_projects(ledger: Ledger, on_end: Callable[[str], object]) -> Callable[[str], object]:
    """Wrap `on_end` to append a sentence that names the projects that the meter has seen."""

    def report_end(sentence: str) -> object:
        lost = [str(usage.project_id) for usage in ledger.report_usage_by_project().projects]
        suffix = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        return on_end(f"{sentence} Lost projects: {', '.join(lost[:NAMED])}{suffix}." if lost else sentence)

    return report_end


def listen_for_containers(
    address: str | None, port: int, listen: Callable[[str, int], socket.socket] = bind
) -> list[socket.socket]:
    """Listen on this machine's address in Docker's network as well. Raises PortTaken and EngineError.

    If Docker runs in a virtual machine, this machine lacks that address, and containers reach 127.0.0.1.
    """
    try:
        return [listen(address, port)] if address else []
    except PortTaken:
        raise
    except EngineError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRNOTAVAIL:
            return []
        raise


def share_secret(secret: str, file: Path) -> None:
    """Write the control API's secret where LocalStack's container, which runs as another user, can read it."""
    try:
        file.write_text(secret, encoding="utf-8")
        file.chmod(0o644)
    except OSError as error:
        raise EngineError(f"The secret for LocalStack cannot be written to {file} ({error.strerror}).") from error


Host = Callable[[Run, EngineChoice, Callable[[str], object]], HostedEngine]
"""Sets up an engine for a run; calls the callback with a sentence if it ends unexpectedly. Raises EngineError."""

HOSTS: Final[Mapping[str, Host]] = {"embedded": host_ministack, "localstack": host_localstack}
