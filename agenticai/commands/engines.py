"""Chooses the engine that a command starts: the embedded one, or LocalStack in one of several ways."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, get_args

from agenticai.client.errors import SettingsError
from agenticai.commands.settings import DEFAULT_PORT, TARGETS, make_local_url
from agenticai.emulator.engines.engine_choice import EMBEDDED, IMAGE, IMAGE_VARIABLE, EngineChoice
from agenticai.stack.errors import BuildError
from agenticai.stack.platform import FunctionsOn

Kind = Literal["process", "running", "container"]
"""How to run LocalStack: as a process without Docker, an instance that is running already, or in a container."""

CONTAINER_OPTIONS: Final = ("--localstack-image", "--docker-socket")
RUNNING_LOCALSTACK_OPTIONS: Final = ("--localstack-url", "--observed", "--functions-on")
HOST_VARIABLE: Final = "LOCALSTACK_HOST"
URL_VARIABLE: Final = "AWS_ENDPOINT_URL"


def choose_engine(
    target: str,
    kind: str | None,
    url: str | None,
    environ: Mapping[str, str] = os.environ,
    *,
    image: str | None = None,
    docker_socket: bool = False,
    observed: str | None = None,
    functions_on: str | None = None,
    iam: bool = True,
) -> EngineChoice:
    """Return the engine that these options name.

    Without a `kind`, an `image` is started in a container; else LocalStack is used where `url` or LOCALSTACK_HOST says
    that it is running, and otherwise started as a process. Raises SettingsError.
    """
    if target not in TARGETS:
        raise SettingsError(f"Unknown engine {target!r}: choose {' or '.join(TARGETS)}.")
    has_container_options, has_running_options = bool(image or docker_socket), bool(url or observed or functions_on)
    if target == "embedded":
        if kind or has_container_options or has_running_options:
            options = ("--engine", *CONTAINER_OPTIONS, *RUNNING_LOCALSTACK_OPTIONS)
            raise SettingsError(f"{_join_names(options)} are for --target localstack.")
        return EMBEDDED if iam else replace(EMBEDDED, iam=False)
    if not iam:
        raise SettingsError("--no-iam is for the embedded engine: LocalStack does not enforce functions' roles.")
    if kind not in (None, *get_args(Kind)):
        raise SettingsError(f"Unknown --engine {kind!r}: choose one of {', '.join(get_args(Kind))}.")
    kind = kind or ("container" if image else "running" if url or environ.get(HOST_VARIABLE) else "process")
    if kind != "container" and has_container_options:
        raise SettingsError(f"{_join_names(CONTAINER_OPTIONS)} are for --engine container.")
    if kind != "running" and has_running_options:
        raise SettingsError(f"{_join_names(RUNNING_LOCALSTACK_OPTIONS)} are for --engine running.")
    if kind == "container":
        return EngineChoice(
            "localstack", image=image or environ.get(IMAGE_VARIABLE) or IMAGE, docker_socket=docker_socket
        )
    if kind == "process":
        return EngineChoice("localstack")
    return EngineChoice(
        "localstack",
        _find_localstack(url, environ),
        observed=observed or "",
        functions_on=_parse_platform(functions_on) if functions_on else "",
    )


def _join_names(options: Sequence[str]) -> str:
    return f"{', '.join(options[:-1])} and {options[-1]}"


def _parse_platform(functions_on: str) -> str:
    """Return the platform for which bundles are built. Raises SettingsError."""
    try:
        FunctionsOn.parse(functions_on)
    except BuildError as error:
        raise SettingsError(f"--functions-on: {error}") from error
    return functions_on


def _find_localstack(url: str | None, environ: Mapping[str, str]) -> str:
    """Return the address of a running LocalStack, from LocalStack's own variable, AWS's, or its default port."""
    host = environ.get(HOST_VARIABLE, "")
    if host and ":" not in host:
        host = f"{host}:{DEFAULT_PORT}"
    address = url or (f"http://{host}" if host else environ.get(URL_VARIABLE)) or make_local_url(DEFAULT_PORT)
    return address.rstrip("/")
