"""The models that answer requests without a stored reply: the Gemini API, or an OpenAI-compatible server."""

import json
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple, Protocol
from urllib.parse import urldefrag, urlsplit

import httpx2
from starlette.requests import Request

from agenticai.emulator.gemini import parse_model_name
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.openai_wire import (
    Untranslatable,
    find_error_message,
    read_completion,
    refuses_format,
    to_chat,
    to_gemini,
    to_google_status,
)
from agenticai.emulator.http.asgi import wait_while_connected
from agenticai.emulator.http.google_errors import build_google_error
from agenticai.emulator.http.reach import is_loopback

MAX_SECONDS: Final = 300.0

KEY_HEADER: Final = "x-goog-api-key"

_PASSED_ON: Final = ("content-type",)
_PASSED_BACK: Final = ("content-type", "retry-after")
_JSON: Final = {"content-type": "application/json"}


@cache
def _load_tls_context() -> ssl.SSLContext:
    """Return the TLS context with trusted authorities, loaded once because that takes longer than most requests."""
    return httpx2.create_ssl_context()


class UpstreamAnswer(NamedTuple):
    """An answer in the format of the Gemini API."""

    status: int
    content: bytes
    headers: dict[str, str]


class Upstream(Protocol):
    """Answers requests by asking a model. Raises httpx2.HTTPError if there is no answer."""

    address: str

    async def __call__(self, http: Request, request: CanonicalRequest, key: str) -> UpstreamAnswer: ...


def choose_upstream(url: str) -> Upstream:
    """Return the client for a URL: an OpenAI-compatible server if its fragment names a model, else the Gemini API."""
    model = parse_model_name(url)
    return OpenAiCompatible(urldefrag(url).url, model) if model else GeminiApi(url)


class GeminiApi:
    """The Gemini API itself, or a server with its protocol; requests are forwarded unchanged."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    async def __call__(self, http: Request, request: CanonicalRequest, key: str) -> UpstreamAnswer:
        path = http.scope["path"].removeprefix(http.scope.get("root_path", ""))
        # The key is always sent in a header, because URLs appear in logs and errors.
        headers = {name: http.headers[name] for name in _PASSED_ON if name in http.headers} | {KEY_HEADER: key}
        params = httpx2.QueryParams(http.url.query).remove("key")
        async with httpx2.AsyncClient(base_url=self.address, timeout=MAX_SECONDS, verify=_load_tls_context()) as client:
            answer = await client.post(path, params=params, content=await http.body(), headers=headers)
        response_headers = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        return UpstreamAnswer(answer.status_code, answer.content, response_headers)


class OpenAiCompatible:
    """A server such as Ollama, llama.cpp or vLLM, with one of its models.

    If a server refuses `response_format`, the reply's schema is sent in words from then on. The request's key is the
    bearer token. If the client disconnects before the answer, the request to the server is cancelled.
    """

    def __init__(self, address: str, model: str) -> None:
        self.address = address.rstrip("/")
        self._model = model
        self._in_words = False
        self._by_proxy = not is_loopback(urlsplit(address).hostname or "")

    async def __call__(self, http: Request, request: CanonicalRequest, key: str) -> UpstreamAnswer:
        try:
            answer = await self._request_completion(http, request, key, in_words=self._in_words)
            if not self._in_words and refuses_format(answer.status_code, find_error_message(answer.text)):
                answer = await self._request_completion(http, request, key, in_words=True)
                self._in_words = answer.is_success
        except Untranslatable as error:
            return _refuse(400, "INVALID_ARGUMENT", str(error))
        if not answer.is_success:
            return self._translate_error(answer.status_code, answer)
        return self._translate(answer)

    async def _request_completion(
        self, http: Request, request: CanonicalRequest, key: str, *, in_words: bool
    ) -> httpx2.Response:
        body = to_chat(request, self._model, in_words=in_words)
        headers = {"authorization": f"Bearer {key}"}
        answers: list[httpx2.Response] = []

        async def post() -> None:
            verify, by_proxy = _load_tls_context(), self._by_proxy
            async with httpx2.AsyncClient(timeout=MAX_SECONDS, verify=verify, trust_env=by_proxy) as client:
                answers.append(await client.post(f"{self.address}/chat/completions", json=body, headers=headers))

        await http.body()
        if not await wait_while_connected(post(), http.receive):
            raise httpx2.ReadError("the client left")
        return answers[0]

    def _translate(self, answer: httpx2.Response) -> UpstreamAnswer:
        streamed = answer.headers.get("content-type", "").startswith("text/event-stream")
        try:
            completion = read_completion(answer.text, streamed=streamed)
        except ValueError as error:
            message = f"{self.address} did not answer as the OpenAI-compatible API: {str(error).splitlines()[0]}."
            return _refuse(503, "UNAVAILABLE", message)
        if completion.error is not None:
            return self._translate_error(500, answer)
        return UpstreamAnswer(200, json.dumps(to_gemini(completion, self._model)).encode(), _JSON)

    def _translate_error(self, status: int, answer: httpx2.Response) -> UpstreamAnswer:
        message = find_error_message(answer.text)
        code, name = to_google_status(status, message)
        headers = {"retry-after": answer.headers["retry-after"]} if "retry-after" in answer.headers else {}
        return _refuse(code, name, f"{self._model} at {self.address}: {message}", headers)


def _refuse(code: int, status: str, message: str, headers: Mapping[str, str] | None = None) -> UpstreamAnswer:
    return UpstreamAnswer(code, bytes(build_google_error(code, status, message).body), _JSON | dict(headers or {}))
