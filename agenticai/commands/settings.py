"""The settings of the command line: an option overrides its environment variable, which overrides the default."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from agenticai.client.errors import SettingsError
from agenticai.emulator.core.errors import NoHome
from agenticai.emulator.core.home import find_home
from agenticai.emulator.running import list_running_engines

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
_STAGE: Final = re.compile(r"[a-z][a-z0-9-]{0,19}")  # as in the template
TARGETS: Final = ("embedded", "localstack")
"""The engines that `up` can start."""

ENDPOINT: Final = ""
"""The default of `Endpoint`: look for a running engine."""


def find_endpoint(environ: Mapping[str, str] = os.environ, home: Path | None = None) -> str:
    """Return the address of the engine that commands use when no option names one.

    That is the one in AGENTICAI_ENDPOINT or AWS_ENDPOINT_URL; else the port in AGENTICAI_PORT; else the only engine
    that `up` has noted in the state folder; else the default port. Raises SettingsError if several are noted, or if
    AGENTICAI_PORT is not a port.
    """
    if endpoint := next((environ[name] for name in ENDPOINT_VARIABLES if environ.get(name)), ""):
        return endpoint
    if port := environ.get(PORT_VARIABLE, ""):
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= MOST_PORTS):
            raise SettingsError(f"{PORT_VARIABLE} is {port!r}: set it to a port from 1 to {MOST_PORTS}, or unset it.")
        return make_local_url(port)
    endpoints = _find_noted(environ, home)
    if len(endpoints) > 1:
        raise SettingsError(
            f"Several engines run ({', '.join(endpoints)}): choose one with --endpoint, or for all commands with the"
            f" environment variable {ENDPOINT_VARIABLES[0]}."
        )
    return endpoints[0] if endpoints else make_local_url(DEFAULT_PORT)


def _find_noted(environ: Mapping[str, str], home: Path | None, target: str | None = None) -> tuple[str, ...]:
    try:
        return list_running_engines(home or find_home(environ), target)
    except NoHome:  # without a state folder no engine is noted
        return ()


def make_local_url(port: int | str) -> str:
    """Return the address of an engine on this port of this machine."""
    return f"http://127.0.0.1:{port}"


def find_gemini_api_key(environ: Mapping[str, str] = os.environ) -> str:
    """Return the Gemini API key; empty if none is set."""
    return environ.get(KEY_VARIABLE, "")


def list_stack_options(endpoint: str, stage: str, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the options with which another command finds the same stack; none if it finds it by default."""
    try:
        default_endpoint = find_endpoint(environ).rstrip("/")
    except SettingsError:
        default_endpoint = ""
    options = [] if endpoint == default_endpoint else ["--endpoint", endpoint]
    is_default_stage = stage == environ.get(STAGE_VARIABLE, DEFAULT_STAGE)
    return options if is_default_stage else [*options, "--stage", stage]


def _check_stage(stage: str) -> str:
    if not _STAGE.fullmatch(stage):
        raise SettingsError(f"{stage!r} is not a valid stage name: give one such as {DEFAULT_STAGE} with --stage.")
    return stage


Json = Annotated[bool, typer.Option("--json", help="Print the result as a single JSON document.")]


def find_engine(given: str, environ: Mapping[str, str] = os.environ, home: Path | None = None) -> str:
    """Return the given address; for a name in `TARGETS`, that of the only engine that `up` started as this target.

    Raises SettingsError if no such engine runs, or several.
    """
    if given not in TARGETS:
        return (given or find_endpoint(environ, home)).rstrip("/")
    endpoints = _find_noted(environ, home, given)
    if not endpoints:
        raise SettingsError(f"No {given} engine is running: start one with `agenticai up --target {given}`.")
    if len(endpoints) > 1:
        raise SettingsError(f"Several {given} engines run ({', '.join(endpoints)}): give the address of one of them.")
    return endpoints[0]


Endpoint = Annotated[
    str,
    typer.Option(
        "--endpoint",
        "--target",
        metavar="URL",
        envvar=list(ENDPOINT_VARIABLES),
        callback=lambda given: find_engine(given),
        show_default=f"the engine that `agenticai up` started, else {make_local_url(DEFAULT_PORT)}",
        help="Address of the engine; or `embedded` or `localstack` for the one that `agenticai up` started; or `aws`.",
    ),
]
Stage = Annotated[
    str, typer.Option(metavar="STAGE", envvar=STAGE_VARIABLE, callback=_check_stage, help="Stage of the stack.")
]
Port = Annotated[
    int,
    typer.Option(
        metavar="PORT",
        envvar=PORT_VARIABLE,
        min=0,
        max=MOST_PORTS,
        help="Port to listen on at 127.0.0.1; 0 picks a free one. Other commands find the port themselves.",
    ),
]
