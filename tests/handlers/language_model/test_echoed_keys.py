"""An endpoint that repeats the key it was sent: with either adapter, the key is in no result."""

import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from shared.language_model.api_key import KeyedModel
from shared.language_model.google_genai import GoogleGenaiModel
from shared.language_model.google_generativeai import GoogleGenerativeaiModel
from shared.language_model.port import Prompt, Reply
from shared.models.errors import AgentError
from tests.handlers.language_model.server import Scripted, ScriptedServer, said

KEY = "AIzaSyMARKED-key_of-0123456789-abcdefg"
OTHER = "AIzaSyMARKED-another0123456789-abcdefg"
PROMPT = Prompt(system="Be brief.", text="Greet Ada.")
MARK = "MARKED"


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture(scope="module", params=[GoogleGenaiModel, GoogleGenerativeaiModel])
def model(request: pytest.FixtureRequest, server: ScriptedServer) -> KeyedModel:
    if request.param is GoogleGenerativeaiModel:
        pytest.importorskip("google.generativeai")
    return KeyedModel(lambda: KEY, lambda key: request.param(key, "gemini-3.5-flash-lite", server.url))


def ask(model: KeyedModel, server: ScriptedServer, answer: Scripted) -> Reply:
    server.script(answer)
    return model.generate(PROMPT, lambda: 120.0)


def answered(*texts: str, finish: str = "STOP") -> Scripted:
    parts = [{"text": text} for text in texts]
    return said({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish}]})


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> Scripted:
    return said({"error": {"code": code, "message": message, "status": status, "details": [*details]}}, code)


def escaped(text: str) -> str:
    """Return JSON text with every character escaped by its number."""
    return "".join(f"\\u{ord(character):04x}" for character in text)


@pytest.mark.parametrize(
    "answer",
    [
        answered(f"Your key is {KEY}."),
        answered("Your key is ", KEY[:15], KEY[15:], "."),
        answered(f"Your key is {KEY}.", finish=f"A_REASON_{KEY}"),
        Scripted(200, answered("Your key is ?.").body.replace(b"?", escaped(KEY).encode())),
    ],
    ids=["whole", "split over parts", "in the finish reason", "escaped"],
)
def test_a_reply_is_without_it(model: KeyedModel, server: ScriptedServer, answer: Scripted) -> None:
    reply = ask(model, server, answer)
    assert reply.text == "Your key is [REDACTED]."
    assert MARK not in reply.detail


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "INVALID_ARGUMENT", f"API key not valid: {KEY}", {"reason": "API_KEY_INVALID"}),
        error(403, "PERMISSION_DENIED", f"https://host/v1/models?key={KEY}&alt=json is blocked."),
        error(404, f"NOT_{KEY}", "No such model."),
        error(400, "INVALID_ARGUMENT", f"{'word ' * 198}{KEY} more"),
        error(400, "INVALID_ARGUMENT", f"{'word ' * 194}https://host/?key={KEY}"),
        error(401, "UNAUTHENTICATED", f"Not the key {OTHER}, nor Bearer MARKED0123456789abcdef, nor ya29.MARKED."),
        error(500, f"INTERNAL {KEY}", ""),
        error(429, f"EXHAUSTED {KEY}", KEY),
        Scripted(400, b'{"error": {"code": 400, "message": "' + escaped(KEY).encode() + b'"}}'),
        Scripted(400, f"<p>GET /?key={KEY}</p>".encode(), {"Content-Type": "text/html"}),
        Scripted(200, f"<p>GET /?key={KEY}</p>".encode(), {"Content-Type": "text/html"}),
        Scripted(200, f'{{"candidates": "{KEY}"}}'.encode()),
        Scripted(301, KEY.encode(), {"Location": f"/?key={KEY}"}),
    ],
    ids=[
        *("bad key", "address", "status", "cut off", "address cut off", "other credentials"),
        *("server error", "throttled", "escaped", "page", "page as a reply", "no reply", "redirect"),
    ],
)
def test_an_error_is_without_it_and_so_are_its_causes(
    model: KeyedModel, server: ScriptedServer, answer: Scripted
) -> None:
    with pytest.raises(AgentError) as raised:
        ask(model, server, answer)
    told = "".join(traceback.format_exception(raised.value))
    assert not any(piece in told for piece in (MARK, KEY[:8], KEY[-8:]))
