"""The routes of `generateContent`: replay a stored reply, or say what differs from the nearest."""

import json
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agenticai.emulator.gemini.canonical import CanonicalRequest, MalformedRequest, canonical_request
from agenticai.emulator.gemini.cassettes import CassetteStore, Found, to_yaml
from agenticai.emulator.gemini.nearest import nearest

CHARACTERS_PER_TOKEN = 4  # https://ai.google.dev/gemini-api/docs/tokens; used where a cassette does not say

Unstored = Callable[[Request, CanonicalRequest], Awaitable[Response]]
"""Answers a request that has no stored reply."""


def gemini_app(store: CassetteStore, misses: Path, unstored: Unstored | None = None) -> Starlette:
    """Answer from `store`; let `unstored` answer what has no reply there, or else keep that request below `misses`."""

    async def generate_content(http: Request) -> Response:
        if not (http.headers.get("x-goog-api-key") or http.query_params.get("key")):
            return google_error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers. Use an API key.")
        try:
            request = canonical_request(http.path_params["model"], json.loads(await http.body()))
        except MalformedRequest as error:
            return google_error(400, "INVALID_ARGUMENT", str(error))
        except ValueError as error:
            return google_error(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {error}")
        if found := store.find(request):
            return replay(request, found)
        return await unstored(http, request) if unstored else miss(request, store, misses)

    path = "/models/{model}:generateContent"
    return Starlette(
        routes=[Route(f"/{version}{path}", generate_content, methods=["POST"]) for version in ("v1", "v1beta")]
    )


def replay(request: CanonicalRequest, found: Found) -> JSONResponse:
    """The stored reply in the shape of GenerateContentResponse."""
    reply = found.stored.cassette.reply
    if reply.body is not None:
        return JSONResponse(reply.body, status_code=reply.status)
    text = found.text
    prompt_tokens = reply.usage.prompt_tokens if reply.usage else math.ceil(len(request.text) / CHARACTERS_PER_TOKEN)
    output_tokens = reply.usage.output_tokens if reply.usage else math.ceil(len(text) / CHARACTERS_PER_TOKEN)
    candidate = {
        "content": {"role": "model", "parts": [{"text": text}]},
        "finishReason": reply.finish_reason,
        "index": 0,
    }
    usage = {
        "promptTokenCount": prompt_tokens,
        "candidatesTokenCount": output_tokens,
        "totalTokenCount": prompt_tokens + output_tokens,
    }
    return JSONResponse({"candidates": [candidate], "usageMetadata": usage, "modelVersion": request.model})


def miss(request: CanonicalRequest, store: CassetteStore, misses: Path) -> JSONResponse:
    """Keep the request as a cassette that lacks only its reply, and say what to do with it."""
    kept = keep(request, misses)
    near = nearest(store, request)
    return google_error(
        404,
        "NOT_FOUND",
        f"No stored reply for this request to {request.model}. It is kept in {kept}: write the reply there, move the"
        " file to the cassettes, and have the step tried again."
        f" {near.sentence() if near else 'There are no cassettes yet.'}",
    )


def keep(request: CanonicalRequest, misses: Path) -> Path:
    """Write the request as a cassette whose reply is empty; return the file."""
    misses.mkdir(parents=True, exist_ok=True)
    kept = misses / f"{request.digest()}.yaml"
    kept.write_text(
        to_yaml({"origin": "authored", "request": request.document(), "reply": {"text": ""}}), encoding="utf-8"
    )
    return kept


def google_error(code: int, status: str, message: str) -> JSONResponse:
    """An error in the shape of all Google APIs (https://cloud.google.com/apis/design/errors)."""
    return JSONResponse({"error": {"code": code, "message": message, "status": status}}, status_code=code)
