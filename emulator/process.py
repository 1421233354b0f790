"""Starts the gateway as a child process, and ends it."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Required, TypedDict, Unpack

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.errors import (
    EngineCrashed,
    EngineError,
    InvalidCassette,
    NoDocker,
    NoLocalStack,
    PortTaken,
)
from agenticai.emulator.core.home import SECRET_FILE, find_home, make_home, make_private_folder
from agenticai.emulator.core.log_files import read_last_line
from agenticai.emulator.core.usage_records import EngineAbout
from agenticai.emulator.engines.engine_choice import EMBEDDED, EngineChoice
from agenticai.emulator.engines.localstack.docker_engine import connect, fetch_image
from agenticai.emulator.engines.localstack.runtime import ensure_localstack_python
from agenticai.emulator.engines.runtime_venv import ensure_runtime_python
from agenticai.emulator.gemini import REPLAY
from agenticai.emulator.http.listening import bind
from agenticai.emulator.http.reach import HERE, Reach
from agenticai.stack.private_files import open_for_owner

STOP_SECONDS = 5.0
START_SECONDS = 150.0  # far more than it takes, for a busy machine; if the engine ends, that is noticed immediately

MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(4 * 1024 * 1024)}
"""Makes glibc return the memory of large bodies when they are freed, which it would otherwise learn to keep."""


class Engine(AbstractContextManager["Engine"]):
    """A running gateway process; leaving the `with` block stops it.

    The process always ends with this one, because it watches the pipe that this object holds.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        endpoint_url: str,
        port: int,
        control_token: str | None = None,
        *,
        chosen: EngineChoice = EMBEDDED,
        log: Path | None = None,
    ) -> None:
        self._process = process
        self._log = log
        self.chosen = chosen
        self.control_token = control_token
        self.endpoint_url = endpoint_url
        self.port = port
        self.pid = process.pid

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def about(self) -> EngineAbout:
        """Return what the engine is, and what it can do. Raises ControlError."""
        with ControlClient(self.endpoint_url, token=self.control_token) as control:
            return control.health()

    def describe_end(self) -> str:
        """Return why the process ended unexpectedly: the last line of its log, if that gives a reason."""
        status = self._process.poll()
        if self._log and status == NoLocalStack.exit_status:
            return read_last_line(self._log)
        return "The engine ended unexpectedly."

    def stop(self) -> int:
        """End the process and its functions; wait for it, and return its exit status."""
        return end_process(self._process, grace_s=STOP_SECONDS)


class Launch(AbstractContextManager["Launch"]):
    """A gateway process that may not serve yet; it is ended if the `with` block is left before it serves."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, chosen: EngineChoice = EMBEDDED) -> None:
        self._process = process
        self._log = log
        self.chosen = chosen
        self._served = False

    def __exit__(self, *error: object) -> None:
        if not self._served:
            end_process(self._process, grace_s=0)

    def ready(self) -> Engine:
        """Wait until it serves.

        Raises PortTaken, InvalidCassette, NoDocker, NoLocalStack, RuntimeUnavailable or EngineCrashed.
        """
        ready = await_ready(self._process, START_SECONDS)
        if ready is None:
            raise explain_failure(end_process(self._process, grace_s=1), self._log)
        self._served = True
        secret = self._log.with_name(SECRET_FILE)
        token = secret.read_text(encoding="utf-8") if secret.exists() else None
        url, port = str(ready["endpoint_url"]), int(ready["port"])
        return Engine(self._process, url, port, token, chosen=self.chosen, log=self._log)


class LaunchOptions(TypedDict, total=False):
    """The options of `launch`, which describes them."""

    cassettes: Required[Path]
    run_dir: Required[Path]
    port: int
    home: Path | None
    gemini: str
    engine: EngineChoice
    reach: Reach
    pure_python: bool
    environ: Mapping[str, str]
    on_progress: Callable[[str], None]


def launch(
    *,
    cassettes: Path,
    run_dir: Path,
    port: int = 0,
    home: Path | None = None,
    gemini: str = REPLAY,
    engine: EngineChoice = EMBEDDED,
    reach: Reach = HERE,
    pure_python: bool = False,
    environ: Mapping[str, str] = os.environ,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Launch:
    """Start the engine, on 127.0.0.1 unless `reach` says otherwise, without waiting for it.

    `cassettes` is the folder of Gemini's replies, and `gemini` one of the ways to answer in `emulator/gemini`.
    `run_dir` gets `engine.log` and `gemini-misses/`, port 0 picks a free one, and `home`, by default that of
    `find_home`, keeps the functions' interpreter and unpacked code between runs. The interpreter, and LocalStack's
    runtime or image if the `engine` needs it, are fetched on first use, with `environ` for the installer's settings,
    and reported to `on_progress`. `pure_python` serves without httptools and uvloop, as on platforms without them.
    Raises PortTaken, NoHome, RuntimeUnavailable and NoDocker.
    """
    bind(reach.host, port).close()  # the child binds it seconds later; this reports a taken port immediately
    home = (home or find_home(environ)).resolve()
    make_home(home)
    _fetch(engine, home, environ, on_progress)
    make_private_folder(run_dir)
    log = run_dir.resolve() / "engine.log"
    with open(log, "ab", opener=open_for_owner) as errors:
        process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "agenticai.emulator", "--port", str(port)),
                *("--run-dir", str(run_dir.resolve()), "--home", str(home)),
                *("--cassettes", str(cassettes.resolve()), "--gemini", gemini),
                *engine.arguments,
                *reach.arguments,
                *(["--pure-python"] if pure_python else []),
            ],
            cwd=run_dir,
            env=build_engine_variables(environ) | engine.select_variables(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    return Launch(process, log, engine)


def _fetch(engine: EngineChoice, home: Path, environ: Mapping[str, str], on_progress: Callable[[str], None]) -> None:
    """Fetch the interpreter of the functions and, if needed, LocalStack, unless they are already installed."""
    ensure_runtime_python(home, environ=environ, on_progress=on_progress)
    if engine.starts_localstack:
        ensure_localstack_python(home, environ=environ, on_progress=on_progress)
    if engine.image:
        with closing(connect(environ).client) as docker:
            fetch_image(docker, engine.image, on_progress)


def start_engine(**options: Unpack[LaunchOptions]) -> Engine:
    """Start the engine as `launch` does, and return when it serves. Raises what `launch` and `Launch.ready` raise."""
    with launch(**options) as starting:
        return starting.ready()


def build_engine_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the few variables that the engine inherits: none that could contain other settings or credentials."""
    inherited = {name: environ[name] for name in ("HOME", "TMPDIR") if name in environ}
    return inherited | MALLOC | {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


def await_ready(process: subprocess.Popen[bytes], timeout_s: float) -> dict[str, str | int] | None:
    """Read the line with the engine's address; return None if it has ended, or is not ready in time."""
    assert process.stdout is not None  # noqa: S101 - for the type checker: stdout is a pipe
    readable, _, _ = select.select([process.stdout], [], [], timeout_s)
    line = process.stdout.readline() if readable else b""
    ready: dict[str, str | int] | None = json.loads(line) if line else None
    return ready


def end_process(process: subprocess.Popen[bytes], grace_s: float) -> int:
    """Close the lifeline, wait, and kill the process if it still runs; return the exit status."""
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    try:
        return process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def explain_failure(status: int, log: Path) -> EngineError:
    """Return the error for a process that ended with `status`."""
    last = read_last_line(log)
    for kind in (PortTaken, InvalidCassette, NoDocker, NoLocalStack):
        if status == kind.exit_status:
            return kind(last)
    return EngineCrashed(f"The engine did not start; its log is {log} and ends with: {last}")
