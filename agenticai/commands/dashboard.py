"""The command that serves the dashboard until it is stopped."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import IO, Final
from urllib.parse import urlsplit

import httpx2

from agenticai.client.errors import SettingsError
from agenticai.commands.settings import DEFAULT_PORT, DEFAULT_STAGE, list_stack_options
from agenticai.dashboard.services.variables import ENDPOINT, LOG, STAGE, START
from agenticai.display.console import Display, this_command
from agenticai.display.stopping import catch_stop, wait_until_stopped
from agenticai.stack.waiting import pause

ADDRESS: Final = "127.0.0.1"
START_SECONDS: Final = 300.0
"""How long the dashboard may take to start: imports take a minute if many containers start at once on few cores."""
LOOK_SECONDS: Final = 0.1


def show_dashboard(endpoint: str, stage: str, port: int, host: str = ADDRESS, *, browser: bool, as_json: bool) -> None:
    """Serve until a signal to stop. Raises SettingsError if the dashboard ends by itself."""
    screen = Display(as_json=as_json)
    with serve_dashboard(endpoint, stage, port, host) as (process, url):
        stopped = catch_stop()
        screen.emit({"url": url, "endpoint_url": endpoint, "stage": stage})
        screen.say(f"The dashboard is at {url} and shows the stack at {endpoint}. Ctrl-C ends it.")
        if browser:
            webbrowser.open(url)
        wait_until_stopped(None, lambda: _check_running(process), stopped)
        screen.say("Stopping.")


def _check_running(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        raise SettingsError("The dashboard ended unexpectedly.")


@contextmanager
def serve_dashboard(
    endpoint: str, stage: str, port: int, host: str = ADDRESS, environ: Mapping[str, str] = os.environ
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """Serve the dashboard during the block, and yield its process and address. Raises SettingsError.

    `host` is the address that it listens on; whatever that is, pages are only served for 127.0.0.1 and localhost.

    The process ends with this one, however this one ends, as it watches for the end of its standard input.
    """
    if find_spec("streamlit") is None:
        raise SettingsError("The dashboard needs Streamlit: pip install 'agenticai[dashboard]'.")
    _check_free(host, port)
    command = [sys.executable, "-P", "-m", "agenticai.dashboard", str(port), host]
    url = f"http://{ADDRESS}:{port}"
    with tempfile.NamedTemporaryFile(prefix="agenticai-dashboard-", suffix=".log") as log:
        environment = {**_make_environment(endpoint, stage, environ), LOG: log.name}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            _await(process, url, log)
            yield process, url
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait()


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} is in use: stop the program that uses it, or choose another with --port."
            ) from error


def _make_environment(endpoint: str, stage: str, environ: Mapping[str, str]) -> dict[str, str]:
    settings = {ENDPOINT: endpoint, STAGE: stage, START: make_start_command(endpoint, stage, environ)}
    inherited = {name: value for name, value in environ.items() if not name.startswith("STREAMLIT_")}
    return {**inherited, **settings}


def make_start_command(endpoint: str, stage: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the command that starts a stack where the dashboard looks for one.

    `agenticai up` starts engines on this machine, with the default stage.
    """
    address = urlsplit(endpoint)
    if stage != DEFAULT_STAGE or address.hostname not in (ADDRESS, "localhost"):
        return " ".join([this_command(), "deploy", *list_stack_options(endpoint, stage, environ)])
    port = [] if address.port in (None, DEFAULT_PORT) else ["--port", str(address.port)]
    return " ".join([this_command(), "up", *port])


def _await(process: "subprocess.Popen[bytes]", url: str, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(f"{url}/_stcore/health", trust_env=False).is_success:
                return
        pause(LOOK_SECONDS)
    log.seek(0)
    output_lines = log.read().decode(errors="replace").splitlines()
    fallback = "it said nothing" if process.poll() is not None else f"no answer within {START_SECONDS:.0f} s"
    reason = next((line.strip() for line in reversed(output_lines) if line.strip()), fallback)
    raise SettingsError(f"The dashboard did not start: {reason}")
