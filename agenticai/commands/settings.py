"""The settings of the command line: an option goes before its environment variable, and that before the default."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from agenticai.client.errors import SettingsError
from agenticai.emulator.core.errors import NoHome
from agenticai.emulator.core.home import find_home
from agenticai.emulator.running import running

ENDPOINT_VARIABLES: Final = ("AGENTICAI_ENDPOINT", "AWS_ENDPOINT_URL")
PORT_VARIABLE: Final = "AGENTICAI_PORT"
STAGE_VARIABLE: Final = "AGENTICAI_STAGE"
KEY_VARIABLE: Final = "GEMINI_API_KEY"
MODEL_VARIABLE: Final = "AGENTICAI_MODEL"
MODEL_NAME_VARIABLE: Final = "AGENTICAI_MODEL_NAME"
MODEL_KEY_VARIABLE: Final = "AGENTICAI_MODEL_KEY"

DEFAULT_PORT: Final = 4566
DASHBOARD_PORT: Final = 8501
MOST_PORTS: Final = 65535
DEFAULT_STAGE: Final = "dev"
_STAGE: Final = re.compile(r"[a-z][a-z0-9-]{0,19}")  # as the template has it
TARGETS: Final = ("embedded", "localstack")
"""What `up` starts."""

ENDPOINT: Final = ""
"""The default of `Endpoint`, which has it looked for."""


def find_endpoint(environ: Mapping[str, str] = os.environ, home: Path | None = None) -> str:
    """Return the address of the engine that commands talk to when no option names it.

    That is what AGENTICAI_ENDPOINT or AWS_ENDPOINT_URL names; else the port in AGENTICAI_PORT; else the one engine that
    `up` has noted in the state folder; else the default port. Raises SettingsError where it has noted several, and
    where AGENTICAI_PORT is no port.
    """
    if named := next((environ[name] for name in ENDPOINT_VARIABLES if environ.get(name)), ""):
        return named
    if port := environ.get(PORT_VARIABLE, ""):
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= MOST_PORTS):
            raise SettingsError(f"{PORT_VARIABLE} is {port!r}: set it to a port from 1 to {MOST_PORTS}, or unset it.")
        return local(port)
    noted = _find_noted(environ, home)
    if len(noted) > 1:
        raise SettingsError(
            f"Several engines run ({', '.join(noted)}): say which with --endpoint, or for every command with the"
            f" environment variable {ENDPOINT_VARIABLES[0]}."
        )
    return noted[0] if noted else local(DEFAULT_PORT)


def _find_noted(environ: Mapping[str, str], home: Path | None, target: str | None = None) -> tuple[str, ...]:
    try:
        return running(home or find_home(environ), target)
    except NoHome:  # where nothing can be kept, nothing is noted
        return ()


def local(port: int | str) -> str:
    """Return the address of an engine at this port of this machine."""
    return f"http://127.0.0.1:{port}"


def gemini_api_key(environ: Mapping[str, str] = os.environ) -> str:
    """Return the key for the Gemini API; empty where there is none."""
    return environ.get(KEY_VARIABLE, "")


def on_stack(endpoint: str, stage: str, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the options that lead another command to the same stack; none where it gets there by itself."""
    try:
        found = find_endpoint(environ).rstrip("/")
    except SettingsError:
        found = ""
    options = [] if endpoint == found else ["--endpoint", endpoint]
    same = stage == environ.get(STAGE_VARIABLE, DEFAULT_STAGE)
    return options if same else [*options, "--stage", stage]


def _stage(given: str) -> str:
    if not _STAGE.fullmatch(given):
        raise SettingsError(f"{given!r} is not a stage: give a name such as {DEFAULT_STAGE}, with --stage.")
    return given


Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document, and nothing else.")]


def find_engine(given: str, environ: Mapping[str, str] = os.environ, home: Path | None = None) -> str:
    """Return the address that is given, or that of the one engine which `up` started as the target that is given.

    Raises SettingsError where none or several run.
    """
    if given not in TARGETS:
        return (given or find_endpoint(environ, home)).rstrip("/")
    noted = _find_noted(environ, home, given)
    if len(noted) != 1:
        some = f"several run ({', '.join(noted)}): say which by its address" if noted else "none runs"
        raise SettingsError(f"There is not one engine of the target {given}: {some}; `agenticai up` starts one.")
    return noted[0]


Endpoint = Annotated[
    str,
    typer.Option(
        "--endpoint",
        "--target",
        metavar="URL",
        envvar=list(ENDPOINT_VARIABLES),
        callback=lambda given: find_engine(given),
        show_default=f"the engine that `agenticai up` started, else {local(DEFAULT_PORT)}",
        help="Address of the engine; or `embedded` or `localstack`, for the one that `agenticai up` started; or `aws`.",
    ),
]
Stage = Annotated[
    str, typer.Option(metavar="STAGE", envvar=STAGE_VARIABLE, callback=_stage, help="Stage of the stack.")
]
Port = Annotated[
    int,
    typer.Option(
        metavar="PORT",
        envvar=PORT_VARIABLE,
        min=0,
        max=MOST_PORTS,
        help="Port to listen on at 127.0.0.1; 0 picks a free one. Other commands find it by themselves.",
    ),
]
