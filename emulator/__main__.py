"""The gateway process, `python -m agenticai.emulator`: serves on one port until its standard input ends."""

import argparse
import gc
import json
import logging
import os
import resource
import secrets
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

from agenticai.emulator.control import build_control_app
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.core.errors import EngineError, NoLocalStack
from agenticai.emulator.core.home import SECRET_FILE
from agenticai.emulator.core.locks import hold_shared_lock
from agenticai.emulator.engines.engine_choice import EngineChoice
from agenticai.emulator.engines.runtime_venv import ensure_runtime_python
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.gateway import Parts, build_gateway
from agenticai.emulator.gemini import REPLAY
from agenticai.emulator.gemini.answering import Gemini, make_gemini
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.emulator.hosting import HOSTS, HostedEngine, Run
from agenticai.emulator.http.connections import is_compiled
from agenticai.emulator.http.guard import Allowed
from agenticai.emulator.http.listening import bind
from agenticai.emulator.http.reach import EVERYWHERE, LOOPBACK, is_loopback, parse_host_name
from agenticai.emulator.http.server import Server, build_server_config
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.shelf import Shelf
from agenticai.stack.private_files import write_private

PROJECTS_HELD = 100
"""Number of projects whose usage totals stay in memory; those of others are in the spool."""

COLLECT_AFTER = 20_000
"""Python's garbage-collection threshold in new objects: a request creates thousands, and hardly any remain."""


def main() -> None:
    """Serve, or print the error as one sentence and exit with its status."""
    gc.set_threshold(COLLECT_AFTER)
    restrict_file_access()
    arguments = parse_arguments()
    try:
        listener = bind(arguments.host, arguments.port)
        store = CassetteStore.load(arguments.cassettes)
        python = ensure_runtime_python(arguments.home, environ=os.environ, on_progress=lambda _: None)
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_status)
    clock = Clock()
    gemini = make_gemini(arguments.gemini, arguments.cassettes, store, arguments.run_dir, clock.now)
    with hold_shared_lock(arguments.run_dir):
        serve(listener, gemini, clock, python, arguments)


def parse_arguments() -> argparse.Namespace:
    """Parse the command line, and create the run's folder if it is missing; both folders become absolute paths."""
    parser = argparse.ArgumentParser(prog="python -m agenticai.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 picks a free one")
    parser.add_argument("--host", default=LOOPBACK, help="the address to listen on")
    parser.add_argument(
        "--allow-host", action="append", default=[], help="host name by which the engine may be reached; repeatable"
    )
    parser.add_argument(
        "--allow-origin", action="append", default=[], help="origin whose pages may call the engine; repeatable"
    )
    parser.add_argument(
        "--run-dir", type=Path, required=True, help="directory for the log and the requests without a stored reply"
    )
    parser.add_argument("--cassettes", type=Path, required=True, help="directory of Gemini's stored replies")
    parser.add_argument("--gemini", default=REPLAY, help="replay, nearest, or the URL of an API to call and record")
    parser.add_argument("--engine", choices=tuple(HOSTS), default="embedded", help="engine that emulates AWS")
    parser.add_argument(
        "--localstack-url", default="", help="address of a running LocalStack; if omitted, one is started"
    )
    parser.add_argument("--localstack-image", default="", help="image of a LocalStack to start in a container")
    parser.add_argument("--docker-socket", action="store_true", help="let that container start other containers")
    parser.add_argument(
        "--observed",
        default="",
        help="file to write the secret to with which a running LocalStack reports its functions",
    )
    parser.add_argument("--functions-on", default="", help="platform of its functions (default: this machine's Python)")
    parser.add_argument("--no-iam", action="store_true", help="do not enforce the IAM roles of functions")
    parser.add_argument("--pure-python", action="store_true", help="serve without httptools and uvloop")
    parser.add_argument(
        "--home", type=Path, default=Path(".agenticai"), help="directory for data that is kept between runs"
    )
    arguments = parser.parse_args()
    arguments.run_dir.mkdir(parents=True, exist_ok=True)
    arguments.run_dir, arguments.home = arguments.run_dir.resolve(), arguments.home.resolve()
    return arguments


def serve(listener: socket.socket, gemini: Gemini, clock: Clock, python: Path, arguments: argparse.Namespace) -> None:
    """Compose the gateway, and run it until it is stopped."""
    run_dir = arguments.run_dir
    announcement = os.dup(1)
    log_to(run_dir / "engine.log")
    started = time.monotonic()
    port = listener.getsockname()[1]
    endpoint_url = f"http://{find_local_address(arguments.host)}:{port}"
    spool = Spool(run_dir)
    ledger = Ledger(Shelf(spool, held=PROJECTS_HELD))
    faults = FaultBook(clock.now)
    choice = read_engine_choice(arguments)
    loopback_only = is_loopback(arguments.host) and not choice.image and not choice.observed
    secret = None if loopback_only else create_control_secret(run_dir)
    run = Run(arguments.host, port, endpoint_url, run_dir, arguments.home, python, spool, ledger, faults, clock, secret)
    try:
        engine = HOSTS[arguments.engine](run, choice, exit_with)
    except EngineError as error:
        exit_with(str(error), error.exit_status)
    uptime = lambda: time.monotonic() - started  # noqa: E731
    routes = (*engine.routes, *gemini.control)
    control = build_control_app(
        engine.steered, ledger, clock, faults, uptime, secret, routes, engine.about, engine.can_apply
    )
    app = build_gateway(
        Parts(
            engine=engine.app,
            missing=engine.missing,
            workers=engine.workers,
            control=control,
            gemini=gemini.app,
            allowed=read_allowed(arguments, engine),
            free_bytes=lambda: shutil.disk_usage(run_dir).free,
            ledger=ledger,
            faults=faults,
            clock=clock,
        )
    )

    def begin() -> None:
        gc.freeze()  # imported objects stay, and need not be scanned again
        announce(announcement, endpoint_url, port)
        engine.on_ready()

    compiled = is_compiled() and not arguments.pure_python
    server = Server(build_server_config(app, compiled=compiled), on_ready=begin, on_stop=engine.close)
    server.run_until_stopped([listener, *engine.listeners])


def read_engine_choice(arguments: argparse.Namespace) -> EngineChoice:
    """Return the engine that the command line selects."""
    return EngineChoice(
        arguments.engine,
        arguments.localstack_url,
        arguments.localstack_image,
        arguments.docker_socket,
        arguments.observed,
        arguments.functions_on,
        not arguments.no_iam,
    )


def exit_with(sentence: str, status: int = NoLocalStack.exit_status) -> NoReturn:
    """Log why the engine cannot serve (any longer), and end this process from any thread."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
    os._exit(status)


def read_allowed(arguments: argparse.Namespace, engine: HostedEngine) -> Allowed:
    """Return what the guard allows: the names on the command line, and those by which the engine is reached."""
    own_host = parse_host_name(find_local_address(arguments.host))
    hosts = [*arguments.allow_host, *engine.hosts, *([own_host] if own_host else [])]
    return Allowed(hosts, arguments.allow_origin, engine.api_origins)


def announce(descriptor: int, endpoint_url: str, port: int) -> None:
    """Report the engine's address to the parent process in a line of JSON, and close the descriptor."""
    line = json.dumps({"endpoint_url": endpoint_url, "port": port, "pid": os.getpid()})
    os.write(descriptor, line.encode() + b"\n")
    os.close(descriptor)


def find_local_address(host: str) -> str:
    """Return the host, for a URL, by which local processes reach a server that listens on `host`."""
    if host in EVERYWHERE:
        return LOOPBACK
    return f"[{host}]" if ":" in host else host


def create_control_secret(run_dir: Path) -> str:
    """Create the control API's secret, for a port that other machines can reach; store it in the run's folder."""
    secret = secrets.token_urlsafe(32)
    write_private(run_dir / SECRET_FILE, secret)
    return secret


def restrict_file_access() -> None:
    """Make files of this process and its functions readable by their owner only, and disable core dumps."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def log_to(path: Path) -> None:
    """Append everything that this process and its libraries print or log to one file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole URLs, which may hold a key


if __name__ == "__main__":
    main()
