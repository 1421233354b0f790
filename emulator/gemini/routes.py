"""The routes of `generateContent`, which replay a stored reply or delegate the answer."""

import json
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agenticai.emulator.gemini.answers import replay
from agenticai.emulator.gemini.canonical import CanonicalRequest, MalformedRequest, parse_canonical_request
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.emulator.http.google_errors import build_google_error

Unstored = Callable[[Request, CanonicalRequest], Awaitable[Response]]
"""Answers a request that has no stored reply."""


Count = Callable[[CanonicalRequest, Response, float], None]
"""Is called with each request, its answer, and its duration in seconds."""


def build_gemini_app(store: CassetteStore, unstored: Unstored, count: Count = lambda *_: None) -> Starlette:
    """Answer from `store`; requests without a reply go to `unstored`."""

    async def generate_content(http: Request) -> Response:
        if not (http.headers.get("x-goog-api-key") or http.query_params.get("key")):
            return build_google_error(
                403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers. Use an API key."
            )
        try:
            request = parse_canonical_request(http.path_params["model"], json.loads(await http.body()))
        except MalformedRequest as error:
            return build_google_error(400, "INVALID_ARGUMENT", str(error))
        except ValueError as error:
            return build_google_error(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {error}")
        started = time.monotonic()
        reply = store.find(request)
        response = replay(request, reply) if reply else await unstored(http, request)
        count(request, response, time.monotonic() - started)
        return response

    path = "/models/{model}:generateContent"
    return Starlette(
        routes=[Route(f"/{version}{path}", generate_content, methods=["POST"]) for version in ("v1", "v1beta")]
    )
