"""Replies of the real API become cassettes, without its secrets; replies that cannot be replayed are dropped."""

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from starlette.types import ASGIApp

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.bench_records import ModelCalls
from agenticai.emulator.gemini.answering import make_gemini
from agenticai.emulator.gemini.cassettes import Cassette, CassetteStore, read_cassette, to_yaml
from agenticai.emulator.gemini.recording import bind_patterns, build_document, read_reply
from tests.emulator.test_control import serve_more
from tests.fakes.gemini import fake_gemini

KEY = "a-key-that-nobody-has"
STORED = {
    "origin": "authored",
    "request": {"model": "m", "system": "You greet.", "contents": [{"text": f"Greet <t-5>, not {KEY}."}]},
    "reply": {"text": f"<t-5> Good morning, and your key is {KEY}.\nIndeed."},
}
BODY = {
    "systemInstruction": {"parts": [{"text": "You greet."}]},
    "contents": [{"parts": [{"text": f"Greet <t-5>, not {KEY}."}]}],
}


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "greeting.yaml").write_text(to_yaml(STORED))
    return tmp_path / "cassettes"


IN_HEADER = {"x-goog-api-key": KEY, "x-goog-api-client": "sdk", "cookie": "a=b"}


def ask(
    url: str, run_dir: Path, body: object = BODY, query: str = "", headers: Mapping[str, str] = IN_HEADER
) -> httpx2.Response:
    """Return the answer of the engine's endpoint when it forwards requests to `url`."""
    return post(make_gemini(url, run_dir, CassetteStore(()), run_dir).app, body, query, headers)


def post(app: ASGIApp, body: object = BODY, query: str = "", headers: Mapping[str, str] = IN_HEADER) -> httpx2.Response:
    """Return the endpoint's answer to one request."""

    async def ask_once() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://engine") as client:
            return await client.post(f"/v1/models/m:generateContent{query}", json=body, headers=headers)

    return asyncio.run(ask_once())


def kept(run_dir: Path) -> list[Path]:
    return sorted((run_dir / "gemini-recordings").glob("*"))


def test_the_answer_goes_back_as_it_came_and_is_kept_without_key_and_headers(cassettes: Path, tmp_path: Path) -> None:
    with fake_gemini(cassettes) as gemini:
        answer = ask(gemini.url, tmp_path)
    assert "Let me think." in answer.text
    assert gemini.headers[0]["x-goog-api-key"] == KEY
    assert not {"x-goog-api-client", "cookie"} & gemini.headers[0].keys()
    (file,) = kept(tmp_path)
    text = file.read_text("utf-8")
    assert not [word for word in (KEY, "api-key", "secret-response-id", "Let me think") if word in text]
    cassette = read_cassette(file).cassette
    assert cassette.origin == "recorded"
    assert cassette.request.system == "You greet."
    assert cassette.reply.text == "<t-5> Good morning, and your key is REDACTED.\nIndeed."
    assert cassette.reply.usage
    assert (cassette.reply.usage.prompt_tokens, cassette.reply.usage.output_tokens) == (11, 9)


def test_what_the_model_is_asked_live_is_counted_with_its_tokens(cassettes: Path, tmp_path: Path) -> None:
    with fake_gemini(cassettes) as gemini:
        live = make_gemini(gemini.url, tmp_path, CassetteStore(()), tmp_path)
        assert post(live.app).status_code == 200
    with serve_more(live.control) as url, ControlClient(url) as control:
        use = control.model()
    assert use.answers == "live"
    assert use.models == (ModelCalls(model="m", calls=1, prompt_tokens=11, output_tokens=9),)


def test_a_key_in_the_address_is_passed_on_in_a_header_and_nothing_tells_the_address(
    cassettes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with fake_gemini(cassettes) as gemini:
        answer = ask(gemini.url, tmp_path, query=f"?alt=json&key={KEY}&x=1", headers={})
    assert answer.is_success
    assert gemini.paths == ["/v1/models/m:generateContent?alt=json&x=1"]
    assert gemini.headers[0]["x-goog-api-key"] == KEY
    assert gemini.url in caplog.text
    assert KEY not in "".join(record.getMessage() for record in caplog.records if gemini.url in record.getMessage())


def test_an_error_goes_back_and_is_not_kept(cassettes: Path, tmp_path: Path) -> None:
    with fake_gemini(cassettes, busy=1) as gemini:
        answer = ask(gemini.url, tmp_path)
    assert (answer.status_code, answer.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert answer.headers["retry-after"] == "0"
    assert kept(tmp_path) == []


def test_an_api_that_does_not_answer_is_unavailable(cassettes: Path, tmp_path: Path) -> None:
    with fake_gemini(cassettes) as gemini:
        url = gemini.url
    answer = ask(url, tmp_path)
    assert (answer.status_code, answer.json()["error"]["status"]) == (503, "UNAVAILABLE")


def wire(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


class TestReadReply:
    def test_a_reply_that_was_stopped_keeps_its_reason(self) -> None:
        candidate = {"content": {"parts": [{"text": "half"}]}, "finishReason": "MAX_TOKENS"}
        reply = read_reply(wire(candidates=[candidate]))
        assert (reply.text, reply.finish_reason) == ("half", "MAX_TOKENS")

    def test_a_candidate_without_text_is_replayed_without(self) -> None:
        reply = read_reply(wire(candidates=[{"finishReason": "SAFETY"}]))
        assert (reply.text, reply.finish_reason) == ("", "SAFETY")

    def test_a_blocked_prompt_is_replayed_as_a_stop_for_its_reason(self) -> None:
        assert read_reply(wire(promptFeedback={"blockReason": "PROHIBITED_CONTENT"})).finish_reason == (
            "PROHIBITED_CONTENT"
        )
        assert read_reply(b"{}").finish_reason == "OTHER"

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"candidates": 1}'])
    def test_what_is_no_reply_is_refused(self, body: bytes) -> None:
        with pytest.raises(ValidationError):
            read_reply(body)


BIND = {"tag": "<(t-[0-9])>", "other": "<(o-[0-9])>"}


class TestBound:
    def test_what_a_reply_repeats_of_its_request_may_differ_when_it_is_replayed(self, tmp_path: Path) -> None:
        cassette = bind_patterns(Cassette.model_validate({**STORED, "origin": "recorded"}), BIND)
        assert cassette.bind == {"tag": BIND["tag"]}
        assert (cassette.reply.text or "").startswith("<${tag}> Good morning")
        (tmp_path / "one.yaml").write_text(to_yaml(build_document(cassette)))
        request = cassette.request.model_validate(
            json.loads(json.dumps(cassette.request.to_document()).replace("t-5", "t-8"))
        )
        found = CassetteStore.load(tmp_path).find(request)
        assert found
        assert found.text.startswith("<t-8> Good morning")

    def test_without_anything_to_bind_it_stays_as_it_is(self) -> None:
        cassette = Cassette.model_validate(STORED)
        assert bind_patterns(cassette, {"other": BIND["other"]}) == cassette
