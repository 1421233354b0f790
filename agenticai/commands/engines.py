"""Which engine a command starts: the embedded one, or LocalStack in one of the ways to have it."""

import os
from collections.abc import Mapping
from typing import Final, Literal, get_args

from agenticai.client.errors import SettingsError
from agenticai.commands.settings import DEFAULT_PORT, TARGETS, local
from agenticai.emulator.engines.chosen import EMBEDDED, Chosen

Kind = Literal["process", "running", "container"]
"""How to have LocalStack: its own runtime without Docker, one that somebody else started, or a container."""

HOST_VARIABLE: Final = "LOCALSTACK_HOST"
URL_VARIABLE: Final = "AWS_ENDPOINT_URL"


def chosen_engine(target: str, kind: str | None, url: str | None, environ: Mapping[str, str] = os.environ) -> Chosen:
    """Return the engine that these options name.

    Without a `kind` LocalStack is taken from where `url` or LOCALSTACK_HOST says that it runs, and else started as a
    process. Raises SettingsError.
    """
    if target not in TARGETS:
        raise SettingsError(f"There is no engine {target!r}: name {' or '.join(TARGETS)}.")
    if target == "embedded":
        if kind or url:
            raise SettingsError("--engine and --localstack-url are for --target localstack.")
        return EMBEDDED
    if kind not in (None, *get_args(Kind)):
        raise SettingsError(f"There is no way {kind!r} to have LocalStack: it is {', '.join(get_args(Kind))}.")
    kind = kind or ("running" if url or environ.get(HOST_VARIABLE) else "process")
    if kind == "container":
        raise SettingsError(
            "--engine container needs a version of AgenticAI that starts containers: take --engine process, or start"
            " LocalStack's container yourself and take --engine running."
        )
    return Chosen("localstack", _running_at(url, environ) if kind == "running" else "")


def _running_at(url: str | None, environ: Mapping[str, str]) -> str:
    """Return the address of a LocalStack that runs, by LocalStack's own variable, AWS's, or its own port."""
    host = environ.get(HOST_VARIABLE, "")
    if host and ":" not in host:
        host = f"{host}:{DEFAULT_PORT}"
    named = url or (f"http://{host}" if host else environ.get(URL_VARIABLE)) or local(DEFAULT_PORT)
    return named.rstrip("/")
