"""LocalStack in a container, started by testcontainers' Docker client; it ends with the process that started it."""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from agenticai.emulator.core.errors import NoDocker, NoLocalStack
from agenticai.emulator.core.log_files import read_last_line
from agenticai.emulator.engines.engine_choice import IMAGE, TOKEN_VARIABLE
from agenticai.emulator.engines.localstack.docker_engine import (
    LABEL,
    SOCKET,
    connect,
    list_containers,
    remove_container,
    remove_orphans,
)
from agenticai.emulator.engines.localstack.server import START_SECONDS, Edition, GatewayAddresses, await_healthy
from agenticai.stack.private_files import open_for_owner

HOST_NAME: Final = "host.docker.internal"
"""The host name by which processes in the container reach the gateway on this machine."""

PORT: Final = 4566
STOP_SECONDS: Final = 2.0
UNTIL_INPUT_ENDS: Final = """exec 3<&0
"$@" 3<&- </dev/null &
server=$!
(cat <&3 >/dev/null; kill -KILL "$server") &
exec 3<&-
wait "$server"
"""
"""Runs a command until standard input ends. Docker ends it when the attached client's connection closes, which closes
with the client's process: so there is no need for testcontainers' reaper of containers, which it would have to fetch
from a registry."""

EXECUTOR: Final = "LAMBDA_RUNTIME_EXECUTOR=local"
"""A variable that images with our runtime executor have."""

LOCALSTACK_PYTHON: Final = "/opt/code/localstack/.venv/bin/python"
PROBE: Final = """
import json, platform, socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 10).close()
    reached = ""
except OSError as error:
    reached = str(error)
machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
print(json.dumps([reached, f"python{sys.version_info[0]}.{sys.version_info[1]}-{machine}"]))
"""
REFUSED_LICENSE: Final = "License activation failed"
"""What LocalStack logs before it ends if its token is missing or rejected."""


class LocalStackContainer:
    """A container of a LocalStack image, bound to a free port of 127.0.0.1; its log is below `folder`.

    `runs_functions` tells whether the image has our runtime executor, which runs functions in the container.
    Raises NoDocker and NoLocalStack.
    """

    def __init__(
        self,
        image: str,
        folder: Path,
        wiring: GatewayAddresses,
        *,
        docker_socket: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._image, self._wiring, self._folder = image, wiring, folder
        self._log = folder / "localstack.log"
        self._docker = connect(environ)
        self._image_config = self._docker.client.images.get(image).attrs["Config"]
        self.runs_functions = EXECUTOR in (self._image_config["Env"] or ())
        if not self.runs_functions and not docker_socket:
            raise NoLocalStack(describe_missing_executor(image))
        remove_orphans(self._docker)
        self._stopping, self._ended = threading.Event(), threading.Event()
        self._status = 0
        self._container = self._create(docker_socket, environ)
        self._lifeline = self._start()
        self.url = self._find_url()
        self._followers = [
            threading.Thread(target=follow, daemon=True, name="localstack")
            for follow in (self._copy_log, self._await_end)
        ]
        for thread in self._followers:
            thread.start()

    def await_healthy(self, timeout_s: float = START_SECONDS) -> Edition:
        """Wait until it serves. Raises NoLocalStack."""
        if edition := await_healthy(self.url, self._ended.is_set, timeout_s):
            return edition
        self.stop()
        raise NoLocalStack(explain_failed_start(self._image, self._log))

    def probe(self) -> str:
        """Return its functions' platform, such as `python3.13-arm64`. Raises NoLocalStack if they can't reach us."""
        variables = dict(variable.partition("=")[::2] for variable in self._image_config["Env"] or ())
        python = variables.get("LAMBDA_LOCAL_PYTHON", LOCALSTACK_PYTHON)
        host, _, port = self._wiring.functions_url.partition("://")[2].rpartition(":")
        result = self._container.exec_run([python, "-c", PROBE, host, port])
        try:
            failure, platform = json.loads(result.output)
        except ValueError as error:
            self.stop()
            raise NoLocalStack(f"{self._image} is not a LocalStack image: {python} does not run in it.") from error
        if failure:
            self.stop()
            raise NoLocalStack(
                f"LocalStack's container cannot reach the engine at {host}:{port} ({failure}): allow Docker's bridge"
                " in this machine's firewall, or use --engine process."
            )
        return str(platform)

    def watch(self, on_end: Callable[[str], object]) -> threading.Thread:
        """Call `on_end` with a sentence if it ends unexpectedly."""

        def wait() -> None:
            self._ended.wait()
            if not self._stopping.is_set():
                on_end(
                    f"LocalStack's container ended unexpectedly, with status {self._status}. All of its data is lost;"
                    f" its log is {self._log}."
                )

        watching = threading.Thread(target=wait, daemon=True, name="localstack-ends")
        watching.start()
        return watching

    def stop(self) -> None:
        """Remove it immediately, with its volumes and what it started, as its state belongs to this run."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        remove_container(self._container)
        for container in list_containers(self._docker, str(self._folder)):
            remove_container(container)
        for thread in self._followers:
            thread.join(STOP_SECONDS)
        self._lifeline._response.close()
        self._docker.client.close()

    def _create(self, docker_socket: bool, environ: Mapping[str, str]) -> Any:
        run_dir, name = str(self._folder), f"agenticai-localstack-{os.getpid()}"
        options: dict[str, Any] = {
            "entrypoint": ["sh"],
            "name": name,
            "labels": {LABEL: run_dir},
            "ports": {PORT: ("127.0.0.1",)},  # any free port
            "stdin_open": True,
            "auto_remove": True,
            "init": True,
            "extra_hosts": {HOST_NAME: "host-gateway"},
        }
        if docker_socket:
            options["volumes"] = {SOCKET: {"bind": SOCKET, "mode": "rw"}}
        if self.runs_functions:
            options |= {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
        return self._docker.create(
            self._image,
            command=[
                "-c",
                UNTIL_INPUT_ENDS,
                "sh",
                *(self._image_config["Entrypoint"] or ()),
                *(self._image_config["Cmd"] or ()),
            ],
            environment=build_variables(self._wiring, name, run_dir, environ),
            **options,
        )

    def _start(self) -> Any:
        """Attach to it and start it; return the connection, which carries its log, and with which it ends."""
        from docker.errors import APIError

        lifeline = self._container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        try:
            self._docker.start(self._container)
        except APIError as error:
            remove_container(self._container)
            raise NoDocker(f"Docker could not start a container of {self._image}: {error.explanation}.") from error
        return lifeline

    def _find_url(self) -> str:
        """Return the URL at which it is published; empty if it has ended already."""
        from docker.errors import APIError

        with contextlib.suppress(APIError, ConnectionError):
            return f"http://127.0.0.1:{self._docker.port(self._container.id, PORT)}"
        return ""

    def _copy_log(self) -> None:
        from docker.utils.socket import frames_iter

        with open(self._log, "ab", buffering=0, opener=open_for_owner) as log:
            for _, chunk in frames_iter(self._lifeline, tty=False):
                log.write(chunk)

    def _await_end(self) -> None:
        with contextlib.suppress(Exception):  # Docker has ended, or has removed it already
            self._status = self._container.wait()["StatusCode"]
        self._ended.set()


def build_variables(wiring: GatewayAddresses, name: str, run_dir: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return LocalStack's variables; functions in containers of their own get the gateway's address as well."""
    token = environ.get(TOKEN_VARIABLE)
    return {
        **wiring.variables,
        "GATEWAY_LISTEN": f"0.0.0.0:{PORT}",
        "MAIN_CONTAINER_NAME": name,
        "LAMBDA_DOCKER_FLAGS": f"--add-host {HOST_NAME}:host-gateway --label {LABEL}={run_dir}",
        "LAMBDA_IGNORE_ARCHITECTURE": "1",  # Docker runs this machine's architecture, for which bundles are built
        "LAMBDA_SYNCHRONOUS_CREATE": "1",
        "SQS_ENDPOINT_STRATEGY": "path",
        "DISABLE_EVENTS": "1",
        **({TOKEN_VARIABLE: token} if token else {}),
    }


def describe_missing_executor(image: str) -> str:
    """Describe in a sentence what an image without our executor needs."""
    return (
        f"{image} runs functions in containers, which it starts through Docker's socket: allow that with"
        " --docker-socket, which gives it root's rights on this machine, or use --localstack-image with an image that"
        " runs functions itself (docs/localstack.md says how to build one)."
    )


def explain_failed_start(image: str, log: Path) -> str:
    """Describe in a sentence why a container did not become healthy, according to its log."""
    if log.exists() and REFUSED_LICENSE in log.read_text(encoding="utf-8", errors="replace"):
        return (
            f"{image} needs a licence and could not activate one: set {TOKEN_VARIABLE} to a valid token, or use"
            f" {IMAGE}, which needs no licence; its log is {log}."
        )
    return (
        f"LocalStack did not start; its log is {log} and ends with: "
        f"{read_last_line(log) if log.exists() else 'nothing'}"
    )
