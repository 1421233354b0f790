"""Calls to the model are kept with their texts, and a missing reply can be written while the engine runs."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.gemini import REPLAY, journal
from agenticai.emulator.gemini.answering import Gemini, make_gemini
from agenticai.emulator.gemini.canonical import CanonicalRequest, Content
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.emulator.gemini.journal import Journal
from tests.emulator.test_control import serve_more

AT = datetime(2026, 1, 1, tzinfo=UTC)
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
    return make_gemini(REPLAY, folder, CassetteStore.load(folder), tmp_path, lambda: AT)


@pytest.fixture
def control(gemini: Gemini) -> Iterator[ControlClient]:
    with serve_more(gemini.control) as url, ControlClient(url) as control:
        yield control


def ask(gemini: Gemini, text: str) -> dict[str, Any]:
    async def post() -> dict[str, Any]:
        transport = httpx2.ASGITransport(app=gemini.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://engine") as client:
            body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
            path = "/v1beta/models/m:generateContent"
            said: dict[str, Any] = (await client.post(path, json=body, headers={"x-goog-api-key": "k"})).json()
            return said

    return asyncio.run(post())


def test_calls_are_told_with_their_texts_and_only_the_new_ones_again(gemini: Gemini, control: ControlClient) -> None:
    ask(gemini, "Greet.")
    first = control.model_calls()
    ask(gemini, "Dance.")
    second = control.model_calls(first.next)
    (greeted,), (missed,) = first.calls, second.calls
    assert (greeted.at, greeted.model, greeted.prompt, greeted.status, greeted.reply) == (
        AT,
        "m",
        "Greet.",
        200,
        "Hello.",
    )
    assert (greeted.finish_reason, greeted.prompt_tokens, greeted.output_tokens) == ("STOP", 12, 3)
    assert missed.status == 404
    assert "No stored reply" in missed.reply
    assert not second.lost
    assert control.model_calls(second.next).calls == ()


def test_a_missed_request_is_told_with_its_difference_and_answered_once_it_has_a_reply(
    gemini: Gemini, control: ControlClient
) -> None:
    ask(gemini, "Dance.")
    (missed,) = control.missed_replies()
    assert (missed.title, missed.prompt, missed.model) == ("Dance.", "Dance.", "m")
    assert "+" in missed.difference
    stored = control.store_reply(missed.digest, "Tango.\n<b>", prompt_tokens=5, output_tokens=2)
    answered = ask(gemini, "Dance.")
    assert answered["candidates"][0]["content"]["parts"][0]["text"] == "Tango.\n<b>"
    assert answered["usageMetadata"]["promptTokenCount"] == 5
    assert Path(stored.path).exists()
    assert control.missed_replies() == ()


def test_a_reply_to_what_is_not_missed_is_refused(gemini: Gemini, control: ControlClient, tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="waits for a reply"):
        control.store_reply("0" * 32, "Tango.")
    ask(gemini, "Dance.")
    (missed,) = control.missed_replies()
    by_hand = (
        (tmp_path / "gemini-misses" / f"dance-{missed.digest}.yaml").read_text().replace("text: ''", "text: Waltz.")
    )
    (tmp_path / "cassettes" / "by-hand.yaml").write_text(by_hand)
    with pytest.raises(ControlError, match="has been stored meanwhile"):
        control.store_reply(missed.digest, "Tango.")
    with pytest.raises(ControlError, match="Invalid request"):
        control.store_reply("../../x", "Tango.")


def test_an_engine_that_asks_the_model_itself_misses_nothing(tmp_path: Path) -> None:
    live = make_gemini("http://127.0.0.1:9", tmp_path, CassetteStore(()), tmp_path)
    with serve_more(live.control) as url, ControlClient(url) as control:
        assert control.missed_replies() == ()
        with pytest.raises(ControlError, match="asks the model itself"):
            control.store_reply("0" * 32, "Tango.")


def test_the_journal_forgets_the_oldest_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "CHARACTERS_KEPT", 100)
    kept = Journal(lambda: AT)
    for _ in range(3):
        request = CanonicalRequest(model="m", contents=(Content(text="x" * 60),))
        kept.record(request, JSONResponse(["no", "answer"]), 0.5)
    history = kept.list_since(0)
    assert [call.number for call in history.calls] == [3]
    assert history.calls[0].duration_ms == 500
    assert history.lost
    assert not kept.list_since(2).lost
