"""Usage is counted by model, and stored replies can be looked up without using the model."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, Response

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.bench_records import ModelCalls, ModelRequest
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.gemini import MISSES, REPLAY
from agenticai.emulator.gemini.answering import Gemini, make_gemini
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.emulator.gemini.journal import Journal
from agenticai.emulator.gemini.use import ModelBook
from tests.emulator.test_control import serve_more

CASSETTE = """\
origin: authored
request: {model: m, contents: [{role: user, text: Greet.}]}
reply: {text: Hello., usage: {prompt_tokens: 12, output_tokens: 3}}
"""


@pytest.fixture
def gemini(tmp_path: Path) -> Gemini:
    folder = tmp_path / "cassettes"
    folder.mkdir()
    (folder / "greet.yaml").write_text(CASSETTE)
    return make_gemini(REPLAY, folder, CassetteStore.load(folder), tmp_path)


def body(text: str) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


def ask(gemini: Gemini, text: str) -> int:
    async def post() -> int:
        transport = httpx2.ASGITransport(app=gemini.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://engine") as client:
            path = "/v1beta/models/m:generateContent"
            return (await client.post(path, json=body(text), headers={"x-goog-api-key": "k"})).status_code

    return asyncio.run(post())


def test_answers_are_counted_with_their_tokens_and_errors_as_such(gemini: Gemini) -> None:
    assert [ask(gemini, text) for text in ("Greet.", "Greet.", "Dance.")] == [200, 200, 404]
    with serve_more(gemini.control) as url, ControlClient(url) as control:
        use = control.model()
    assert use.answers == "stored"
    assert use.models == (ModelCalls(model="m", calls=3, errors=1, prompt_tokens=24, output_tokens=6),)


def test_whether_a_reply_is_stored_is_told_and_nothing_is_kept_or_counted(gemini: Gemini, tmp_path: Path) -> None:
    asked = [ModelRequest(model="m", body=body(text)) for text in ("Greet.", "Dance.", " Greet.\n")]
    with serve_more(gemini.control) as url, ControlClient(url) as control:
        assert control.stored_replies(asked) == (True, False, True)
        (tmp_path / "cassettes" / "dance.yaml").write_text(CASSETTE.replace("Greet", "Dance"))
        assert control.stored_replies(asked) == (True, True, True), "it was written meanwhile"
        (tmp_path / "cassettes" / "broken.yaml").write_text("[")
        assert control.stored_replies(asked) == (True, True, True), "what was read is still good"
        assert control.model().models == ()
        with pytest.raises(ControlError, match="contents is not specified"):
            control.stored_replies([ModelRequest(model="m", body={})])
    assert not (tmp_path / MISSES).exists()


def counted(*answers: tuple[str, Response]) -> tuple[ModelCalls, ...]:
    book, journal = ModelBook("live"), Journal(lambda: datetime.now(UTC))
    for model, answer in answers:
        book.count(journal.record(CanonicalRequest(model=model, contents=()), answer, 0.1))
    return book.report_use().models


@pytest.mark.parametrize(
    "content", [b"no JSON", b"[]", b"{}", json.dumps({"usageMetadata": {"promptTokenCount": "many"}}).encode()]
)
def test_an_answer_that_tells_of_no_tokens_is_a_call_all_the_same(content: bytes) -> None:
    assert counted(("m", Response(content, 200))) == (ModelCalls(model="m", calls=1),)


def test_thoughts_are_output_as_they_are_billed() -> None:
    answer = JSONResponse({"usageMetadata": {"candidatesTokenCount": 7, "thoughtsTokenCount": 2}})
    use = counted(("m", answer), ("a", JSONResponse({})))
    assert [(calls.model, calls.output_tokens) for calls in use] == [("a", 0), ("m", 9)]
