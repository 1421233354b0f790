"""Forwards requests to a model behind the engine's endpoint, and records its replies as cassettes."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import Cassette, CassetteReply, TokenCount, to_yaml
from agenticai.emulator.gemini.key_forms import list_key_forms
from agenticai.emulator.gemini.upstreams import KEY_HEADER, Upstream
from agenticai.emulator.http.google_errors import build_google_error


class Recorder:
    """Forwards requests to a model, and writes each reply to its own file in `folder`.

    A file has the texts of request and reply, and the token counts, but no headers and never the key. Errors are
    returned unchanged and not recorded, as they do not depend on the request alone.
    """

    def __init__(self, upstream: Upstream, folder: Path) -> None:
        self._upstream = upstream
        self._folder = folder
        self._numbers = itertools.count(1)

    async def __call__(self, http: Request, request: CanonicalRequest) -> Response:
        """Forward a request, and return the answer."""
        key = http.headers.get(KEY_HEADER) or http.query_params["key"]
        try:
            answer = await self._upstream(http, request, key)
        except httpx2.HTTPError as error:
            message = f"{self._upstream.address} did not answer: {type(error).__name__}."
            return build_google_error(503, "UNAVAILABLE", message)
        if 200 <= answer.status < 300:
            self._store(request, answer.content, key)
        return Response(_redact(answer.content, key), answer.status, answer.headers)

    def _store(self, request: CanonicalRequest, body: bytes, key: str) -> None:
        try:
            reply = read_reply(body)
        except ValidationError:
            return  # the client gets the answer, and retries
        text = to_yaml(build_document(Cassette(origin="recorded", request=request, reply=reply)))
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{next(self._numbers):04}.yaml"
        path.write_bytes(_redact(text.encode(), key))


def _redact(content: bytes, key: str) -> bytes:
    """Remove the request's key from an answer, as some errors contain it."""
    for form in list_key_forms(key):
        content = content.replace(form.encode(), b"REDACTED")
    return content


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Part(_Wire):
    text: str = ""
    thought: bool = False


class _Content(_Wire):
    parts: tuple[_Part, ...] = ()


class _Candidate(_Wire):
    content: _Content = _Content()
    finish_reason: str = Field(default="OTHER", alias="finishReason")


class _Feedback(_Wire):
    block_reason: str = Field(default="OTHER", alias="blockReason")


class _Usage(_Wire):
    prompt: int = Field(default=0, alias="promptTokenCount")
    candidates: int = Field(default=0, alias="candidatesTokenCount")
    thoughts: int = Field(default=0, alias="thoughtsTokenCount")


class _Answer(_Wire):
    """The replayable part of GenerateContentResponse (https://ai.google.dev/api/generate-content)."""

    candidates: tuple[_Candidate, ...] = ()
    feedback: _Feedback = Field(default=_Feedback(), alias="promptFeedback")
    usage: _Usage = Field(default=_Usage(), alias="usageMetadata")


def read_reply(body: bytes) -> CassetteReply:
    """Return the reply in the body of a 200: the first candidate's text without thoughts; None if it has no text.

    Raises pydantic's ValidationError if the body is not a reply.
    """
    answer = _Answer.model_validate_json(body)
    candidate = answer.candidates[0] if answer.candidates else _Candidate(finishReason=answer.feedback.block_reason)
    usage = answer.usage
    return CassetteReply(
        text="".join(part.text for part in candidate.content.parts if not part.thought),
        finish_reason=candidate.finish_reason,
        usage=TokenCount(prompt_tokens=usage.prompt, output_tokens=usage.candidates + usage.thoughts),
    )


def build_document(cassette: Cassette) -> dict[str, Any]:
    """Return the cassette as in its file, with set fields only."""
    return cassette.model_dump(mode="json", exclude_defaults=True) | {"request": cassette.request.to_document()}


def bind_patterns(cassette: Cassette, bind: Mapping[str, str]) -> Cassette:
    """Return the cassette with the patterns' matches in its request replaced by names in its reply, so they may vary.

    Patterns without a match in this request are left out.
    """
    _, values = cassette.request.bind_values(bind)
    text = cassette.reply.text or ""
    for name, value in values.items():
        text = text.replace(value, f"${{{name}}}")
    fields: dict[str, Any] = {
        "bind": {name: bind[name] for name in values},
        "reply": cassette.reply.model_copy(update={"text": text}),
    }
    return cassette.model_copy(update=fields)
