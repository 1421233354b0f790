"""A running LocalStack: one that somebody else started, or a child process of the engine."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2

from agenticai.emulator.core.errors import NoLocalStack
from agenticai.emulator.core.log_files import read_last_line
from agenticai.emulator.engines.localstack.environments import PATH
from agenticai.emulator.http.request import CONTROL, GEMINI
from agenticai.stack.private_files import make_private, open_for_owner

HEALTH: Final = "/_localstack/health"
START_SECONDS: Final = 120.0
"""Far more than it takes, for a busy machine; if the process ends, that is noticed immediately."""

LOOK_SECONDS: Final = 0.1
POLL_SECONDS: Final = {
    "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.1",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.5",
}
"""Poll intervals; LocalStack's defaults of 1 and 10 seconds would dominate a workflow through several queues."""


@dataclass(frozen=True)
class Edition:
    """The edition and version that a LocalStack reports."""

    version: str
    edition: str

    def __str__(self) -> str:
        return f"LocalStack {self.version}" + (f" ({self.edition})" if self.edition not in ("", "unknown") else "")


def read_edition(url: str) -> Edition:
    """Return the edition of the LocalStack at an address. Raises NoLocalStack if none answers."""
    try:
        response = httpx2.get(url + HEALTH, timeout=5.0, trust_env=False)
        health = response.json()
        return Edition(str(health["version"]), str(health.get("edition", "")))
    except httpx2.HTTPError as error:
        raise NoLocalStack(
            f"No LocalStack answers at {url} ({str(error) or type(error).__name__}): start it there, or name another"
            " address with --localstack-url."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise NoLocalStack(f"The server at {url} is not LocalStack: it has no {HEALTH}.") from error


@dataclass(frozen=True)
class GatewayAddresses:
    """What LocalStack needs to know of the gateway: its address for clients, and for LocalStack's functions.

    `observer_token` is the control API's secret, if it has one.
    """

    endpoint_url: str
    functions_url: str
    observer_token: str = field(default="", repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """The variables that configure LocalStack and our runtime executor for it."""
        return {
            "LOCALSTACK_HOST": self.endpoint_url.partition("://")[2],
            "LAMBDA_LOCAL_AWS_ENDPOINT_URL": self.functions_url,
            "LAMBDA_LOCAL_CALLER_URL": self.functions_url + GEMINI,
            "LAMBDA_LOCAL_OBSERVER_URL": self.functions_url + CONTROL + PATH,
            "LAMBDA_LOCAL_OBSERVER_TOKEN": self.observer_token,
            **POLL_SECONDS,
        }


def await_healthy(url: str, has_ended: Callable[[], bool], timeout_s: float = START_SECONDS) -> Edition | None:
    """Wait until a started LocalStack is healthy; return None if it has ended, or is not healthy in time."""
    deadline, pause = time.monotonic() + timeout_s, threading.Event()
    while not has_ended() and time.monotonic() < deadline:
        try:
            return read_edition(url)
        except NoLocalStack:
            pause.wait(LOOK_SECONDS)
    return None


class LocalStackProcess:
    """LocalStack's own runtime as a child of this process, with which it always ends.

    Its state and its log are below `folder`, and are removed with it.
    """

    def __init__(self, python: Path, function_python: Path, folder: Path, wiring: GatewayAddresses) -> None:
        self._log = folder / "localstack.log"
        port = find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        with open(self._log, "ab", opener=open_for_owner) as log:
            self._process = subprocess.Popen(
                [str(python), "-m", "localstack_without_docker", "--until-stdin-ends"],
                cwd=make_private(folder / "localstack"),
                env=build_variables(folder / "localstack", port, function_python, wiring),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._stopping = threading.Event()

    def await_healthy(self) -> Edition:
        """Wait until it serves. Raises NoLocalStack."""
        if edition := await_healthy(self.url, lambda: self._process.poll() is not None):
            return edition
        self.stop()
        raise NoLocalStack(
            f"LocalStack did not start; its log is {self._log} and ends with: {read_last_line(self._log)}"
        )

    @property
    def pid(self) -> int:
        """The process id, which is also its session id."""
        return self._process.pid

    def watch(self, on_end: Callable[[str], object]) -> threading.Thread:
        """Call `on_end` with a sentence if it ends unexpectedly."""

        def wait() -> None:
            status = self._process.wait()
            if not self._stopping.is_set():
                cause = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
                on_end(f"LocalStack ended unexpectedly, {cause}. All of its data is lost; its log is {self._log}.")

        thread = threading.Thread(target=wait, daemon=True, name="localstack")
        thread.start()
        return thread

    def stop(self) -> None:
        """Kill it with all its functions, as its state belongs to this run."""
        self._stopping.set()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def build_variables(folder: Path, port: int, function_python: Path, wiring: GatewayAddresses) -> Mapping[str, str]:
    """Return the variables of LocalStack's process: none of ours, all files below one folder, and no downloads."""
    return {
        "HOME": str(make_private(folder / "home")),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TMPDIR": str(make_private(folder / "tmp")),
        "FILESYSTEM_ROOT": str(make_private(folder / "files")),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "SQS_ENDPOINT_STRATEGY": "path",
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "SKIP_INFRA_DOWNLOADS": "1",
        "DISABLE_EVENTS": "1",
        "LAMBDA_SYNCHRONOUS_CREATE": "1",
        "LAMBDA_RUNTIME_EXECUTOR": "local",
        "PROVIDER_OVERRIDE_DYNAMODB": "moto",
        "LAMBDA_LOCAL_PYTHON": str(function_python),
        **wiring.variables,
    }


def find_free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
