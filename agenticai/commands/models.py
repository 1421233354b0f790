"""Chooses the language model for an engine: stored replies only, Gemini itself, or a model on another server."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from agenticai.client.errors import SettingsError
from agenticai.commands.settings import KEY_VARIABLE, MODEL_KEY_VARIABLE, find_gemini_api_key
from agenticai.emulator.gemini import GEMINI_API, REPLAY, build_model_url
from agenticai.emulator.http.reach import is_loopback

_SECONDS: Final = 10.0


@dataclass(frozen=True)
class ModelSource:
    """How the engine answers as the Gemini API, as `emulator.gemini` defines it, and the key to send with requests.

    Without a key, the stack gets a placeholder that is never checked.
    """

    how: str = REPLAY
    key: str | None = field(default=None, repr=False)


STORED: Final = ModelSource()


def choose_model(url: str, name: str, *, live: bool, environ: Mapping[str, str] = os.environ) -> ModelSource:
    """Return the model that the options name. Raises SettingsError if they contradict, or if there is no such model."""
    if url and live:
        raise SettingsError("--live asks Gemini and --model another model: use only one of them.")
    if url:
        return _make_source(url, name, environ.get(MODEL_KEY_VARIABLE))
    if name:
        raise SettingsError("--model-name needs the address of its server: give it with --model.")
    if not live:
        return STORED
    key = find_gemini_api_key(environ)
    if not key:
        raise SettingsError(f"--live needs a key for the Gemini API in the environment variable {KEY_VARIABLE}.")
    return ModelSource(GEMINI_API, key)


def _make_source(url: str, name: str, key: str | None) -> ModelSource:
    if not _is_address(url):
        raise SettingsError("--model requires the address of a server, such as http://127.0.0.1:11434/v1.")
    if "@" in urlsplit(url).netloc:
        raise SettingsError(f"The address contains a user name or password: set {MODEL_KEY_VARIABLE} to the key.")
    return ModelSource(build_model_url(url, _find_name(url, name, key)), key)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises if it is not a number
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.fragment or parts.query)


class _Served(BaseModel):
    id: str


class _Models(BaseModel):
    data: tuple[_Served, ...] | None


def _find_name(url: str, name: str, key: str | None) -> str:
    """Return the model's name on the server; a server with a single model accepts any name for it."""
    served = [model.id for model in _list_models(url, key)]
    if not name and len(served) == 1:
        return served[0]
    if name in served or f"{name}:latest" in served or (name and len(served) == 1):
        return name
    if not served:
        raise SettingsError(f"The server at {url} has no model: pull or load one first, as `ollama pull` does.")
    problem = f"has no model {name!r}" if name else "has several models: choose one with --model-name"
    raise SettingsError(f"The server at {url} {problem}. It has {', '.join(served)}.")


def _list_models(url: str, key: str | None) -> tuple[_Served, ...]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        by_proxy = not is_loopback(urlsplit(url).hostname or "")
        answer = httpx2.get(f"{url.rstrip('/')}/models", headers=headers, timeout=_SECONDS, trust_env=by_proxy)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SettingsError(
            f"No model server answers at {url} ({type(error).__name__}): start it, as `ollama serve` does, and try"
            " again."
        ) from error
    if answer.status_code in {401, 403}:
        raise SettingsError(
            f"The server at {url} requires a key: put it in the environment variable {MODEL_KEY_VARIABLE}."
        )
    try:
        return _Models.model_validate_json(answer.content).data or ()
    except ValidationError as error:
        raise SettingsError(
            f"The server at {url} ({answer.status_code}) is not the OpenAI-compatible API, whose address usually ends"
            " in /v1."
        ) from error
