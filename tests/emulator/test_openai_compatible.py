"""Answers of different OpenAI-compatible servers are converted to the Gemini API's format."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agenticai.emulator.gemini import build_model_url, parse_model_name
from agenticai.emulator.gemini.answering import Gemini, make_gemini
from agenticai.emulator.gemini.canonical import parse_canonical_request
from agenticai.emulator.gemini.cassettes import CassetteStore, read_cassette
from agenticai.emulator.gemini.openai_wire import Untranslatable, to_chat
from shared.language_model.gemini_wire import make_error, read_reply
from shared.language_model.port import FinishReason, ModelUnavailable, ModelUnusable, Reply
from tests.handlers.language_model.server import Scripted, ScriptedServer, said

NAME = "qwen2.5-coder:7b"
KEY = "a-key-of-that-server"
SCHEMA = {"type": "object", "properties": {"maxItems": {"type": "integer"}}, "required": ["maxItems"]}
ASKED: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "You plan."}]},
    "contents": [{"role": "user", "parts": [{"text": "A clock."}]}],
}
IN_JSON: dict[str, Any] = {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def gemini(server: ScriptedServer, tmp_path: Path) -> Gemini:
    return make_gemini(build_model_url(f"{server.url}/v1", NAME), tmp_path, CassetteStore(()), tmp_path)


def ask(gemini: Gemini, body: object = ASKED) -> httpx2.Response:
    async def post() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=gemini.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://engine") as client:
            path = "/v1beta/models/gemini-2.5-flash:generateContent"
            return await client.post(path, json=body, headers={"x-goog-api-key": KEY})

    return asyncio.run(post())


def reply_to(gemini: Gemini) -> Reply:
    answer = ask(gemini)
    assert answer.status_code == 200, answer.text
    return read_reply(answer.text)


def completion(content: str | None, reason: str | None = "stop", **more: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **more}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion", "model": NAME, "choices": [choice], "usage": usage}


def events(*documents: object) -> Scripted:
    lines = [f"data: {json.dumps(document)}\n\n" for document in documents]
    return Scripted(
        200, "".join([": a comment\n\n", *lines, "data: [DONE]\n\n"]).encode(), {"Content-Type": "text/event-stream"}
    )


def part(content: str, reason: str | None = None) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": reason}]}


class TestAsked:
    def test_the_servers_model_is_asked_in_messages_with_the_key_as_its_token(
        self, gemini: Gemini, server: ScriptedServer
    ) -> None:
        server.script(said(completion("A plan.")))
        ask(gemini)
        (asked,) = server.requests
        assert asked.path == "/v1/chat/completions"
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.body == {
            "model": NAME,
            "stream": False,
            "messages": [{"role": "system", "content": "You plan."}, {"role": "user", "content": "A clock."}],
        }

    def test_a_schema_is_passed_on_as_it_is(self, gemini: Gemini, server: ScriptedServer) -> None:
        server.script(said(completion("{}")))
        ask(gemini, ASKED | IN_JSON)
        shape = {"name": "reply", "strict": True, "schema": SCHEMA}
        assert server.requests[0].body["response_format"] == {"type": "json_schema", "json_schema": shape}

    def test_a_schema_of_geminis_own_kind_becomes_a_json_schema(self) -> None:
        own = {
            "type": "OBJECT",
            "properties": {
                "items": {"type": "ARRAY", "items": {"type": "STRING", "nullable": True}, "maxItems": "3"},
            },
            "propertyOrdering": ["items"],
        }
        config = {"generationConfig": {"responseMimeType": "application/json", "responseSchema": own}}
        body = to_chat(parse_canonical_request("m", ASKED | config), NAME)
        assert body["response_format"]["json_schema"]["schema"] == {
            "type": "object",
            "properties": {"items": {"type": "array", "maxItems": "3", "items": {"type": ["string", "null"]}}},
        }

    @pytest.mark.parametrize(
        ("status", "message"),
        [
            (400, "'response_format.type' must be 'text'"),
            (422, "json_schema: unsupported"),
            (500, "failed to parse grammar"),
        ],
    )
    def test_a_server_that_refuses_a_schema_is_told_it_in_words_from_then_on(
        self, gemini: Gemini, server: ScriptedServer, status: int, message: str
    ) -> None:
        server.script(said({"error": {"message": message}}, status), said(completion('{"maxItems": 1}')))
        for _ in range(2):
            assert read_reply(ask(gemini, ASKED | IN_JSON).text).text == '{"maxItems": 1}'
        first, *others = [request.body for request in server.requests]
        assert "response_format" in first
        assert len(others) == 2
        for body in others:
            assert "response_format" not in body
            assert json.dumps(SCHEMA) in body["messages"][0]["content"]

    def test_settings_keep_their_meaning(self) -> None:
        config: dict[str, Any] = {
            "temperature": 0.2,
            "topP": 0.9,
            "maxOutputTokens": 100,
            "stopSequences": ["END"],
            "seed": 7,
        }
        body = to_chat(parse_canonical_request("m", ASKED | {"generationConfig": config}), NAME)
        same = {"temperature": 0.2, "top_p": 0.9, "max_tokens": 100, "stop": ["END"], "seed": 7}
        assert {name: body[name] for name in same} == same

    @pytest.mark.parametrize(
        ("more", "named"),
        [
            ({"tools": [{"googleSearch": {"x": 1}}]}, "tools"),
            ({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}]}]}, "only text"),
        ],
    )
    def test_what_the_other_api_has_no_words_for_is_refused_before_it_is_asked(
        self, gemini: Gemini, server: ScriptedServer, more: dict[str, Any], named: str
    ) -> None:
        answer = ask(gemini, ASKED | more)
        assert answer.status_code == 400
        assert named in answer.json()["error"]["message"]
        assert server.requests == []
        with pytest.raises(Untranslatable):
            to_chat(parse_canonical_request("m", ASKED | more), NAME)

    def test_former_turns_keep_their_sides(self) -> None:
        turns: list[Any] = [{"role": role, "parts": [{"text": role}]} for role in ("user", "model", "user")]
        messages = to_chat(parse_canonical_request("m", {"contents": turns}), NAME)["messages"]
        assert [message["role"] for message in messages] == ["user", "assistant", "user"]


class TestReplies:
    @pytest.mark.parametrize(
        ("reason", "expected"),
        [
            ("stop", FinishReason.STOP),
            ("length", FinishReason.MAX_TOKENS),
            ("content_filter", FinishReason.BLOCKED),
            ("tool_calls", FinishReason.OTHER),
            (None, FinishReason.OTHER),
        ],
    )
    def test_finish_reasons(
        self, gemini: Gemini, server: ScriptedServer, reason: str | None, expected: FinishReason
    ) -> None:
        server.script(said(completion("Text", reason)))
        reply = reply_to(gemini)
        assert (reply.text, reply.finish_reason) == ("Text", expected)

    @pytest.mark.parametrize(
        "message",
        [
            completion("<think>\nHm. A <b>plan</b>.\n</think>\n\nThe plan."),
            completion("The plan.", reasoning_content="Hm."),
            completion("The plan.", reasoning="Hm."),
            completion("<thinking>Hm.</thinking>The plan."),
            completion("Okay, a plan.\n</think>\n\nThe plan."),
        ],
    )
    def test_thoughts_are_no_part_of_the_text(
        self, gemini: Gemini, server: ScriptedServer, message: dict[str, object]
    ) -> None:
        server.script(said(message))
        answer = ask(gemini)
        assert read_reply(answer.text).text == "The plan."
        assert answer.json()["candidates"][0]["content"]["parts"][0]["thought"]

    def test_what_stands_in_thought_marks_later_is_text(self, gemini: Gemini, server: ScriptedServer) -> None:
        for text in ('{"a": "<think>x</think>"}', '<file-1a2b3c4d path="a">\n<think>x</think>\n</file-1a2b3c4d>'):
            server.script(said(completion(text)))
            assert reply_to(gemini).text == text

    def test_tokens_of_thoughts_are_counted_once(self, gemini: Gemini, server: ScriptedServer) -> None:
        document = completion("The plan.")
        document["usage"]["completion_tokens_details"] = {"reasoning_tokens": 4}
        server.script(said(document))
        usage = ask(gemini).json()["usageMetadata"]
        assert usage == {
            "promptTokenCount": 11, "candidatesTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 18,
        }  # fmt: skip
        server.script(said({"choices": document["choices"]}))
        assert reply_to(gemini).tokens.prompt_tokens == 0

    def test_a_refusal_is_a_block_with_what_was_said(self, gemini: Gemini, server: ScriptedServer) -> None:
        server.script(said(completion(None, refusal="I may not.")))
        reply = reply_to(gemini)
        assert (reply.text, reply.finish_reason) == ("I may not.", FinishReason.BLOCKED)

    def test_no_choice_and_no_text_are_no_reply(self, gemini: Gemini, server: ScriptedServer) -> None:
        server.script(said({"choices": []}), said(completion(None)))
        assert [reply_to(gemini).text for _ in range(2)] == ["", ""]

    def test_a_server_that_streams_unasked_is_read_to_its_end(self, gemini: Gemini, server: ScriptedServer) -> None:
        usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
        server.script(events(part("The "), part("plan."), part("", "stop"), usage))
        reply = reply_to(gemini)
        assert (reply.text, reply.finish_reason, reply.tokens.prompt_tokens) == ("The plan.", FinishReason.STOP, 5)

    def test_a_reply_is_kept_as_a_cassette_of_the_request_that_was_made(
        self, gemini: Gemini, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.script(said(completion(f"Your key is {KEY}.")))
        ask(gemini)
        (kept,) = (tmp_path / "gemini-recordings").glob("*.yaml")
        cassette = read_cassette(kept).cassette
        assert cassette.request == parse_canonical_request("gemini-2.5-flash", ASKED)
        assert cassette.reply.text == "Your key is REDACTED."


class TestFailures:
    @pytest.mark.parametrize(
        ("status", "document", "kind"),
        [
            (401, {"error": {"message": "Invalid API key"}}, ModelUnusable),
            (404, {"error": {"message": f"model '{NAME}' not found", "type": "api_error"}}, ModelUnusable),
            (404, {"object": "error", "message": "The model does not exist.", "code": 404}, ModelUnusable),
            (400, {"error": "this model's maximum context length is 4096 tokens"}, ModelUnusable),
            (400, {"error": {"code": 400, "type": "exceed_context_size_error", "message": "request exceeds"}},
             ModelUnusable),
            (500, {"error": {"code": 500, "message": "Context size has been exceeded."}}, ModelUnusable),
            (200, {"error": {"code": 400, "message": "the request exceeds the available context size"}}, ModelUnusable),
            (422, {"detail": "temperature: too high"}, ModelUnusable),
            (402, {"error": {"message": "Insufficient credits"}}, ModelUnusable),
            (408, {"error": {"message": "Request timeout"}}, ModelUnavailable),
            (413, {"error": {"message": "Request too large"}}, ModelUnusable),
            (429, {"error": {"message": "Rate limit"}}, ModelUnavailable),
            (500, {"error": {"message": "llama runner process has terminated"}}, ModelUnavailable),
            (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, ModelUnavailable),
            (200, {"object": "list"}, None),
        ],
    )  # fmt: skip
    def test_what_fails_for_good_is_told_from_what_passes(
        self, gemini: Gemini, server: ScriptedServer, status: int, document: dict[str, Any], kind: type | None
    ) -> None:
        server.script(said(document, status))
        answer = ask(gemini)
        if kind is None:
            assert read_reply(answer.text).finish_reason is FinishReason.OTHER
            return
        assert answer.status_code != 200
        assert type(make_error(answer.status_code, answer.text)) is kind
        error = document.get("error", document)
        told = error if isinstance(error, str) else error.get("message") or error["detail"]
        assert told in answer.json()["error"]["message"]
        assert NAME in answer.json()["error"]["message"]

    def test_the_time_to_wait_is_passed_on(self, gemini: Gemini, server: ScriptedServer) -> None:
        server.script(said({"error": {"message": "Rate limit"}}, 429, **{"Retry-After": "7"}))
        assert ask(gemini).headers["retry-after"] == "7"

    @pytest.mark.parametrize(
        "answer",
        [
            Scripted(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}),
            Scripted(200, b'{"choices": [{"message": {"content": "The pl'),
            Scripted(200, b'{"choices": [{"message": {"content": "The plan"}}]}', drops=True),
            events(part("The pl")),
            Scripted(502, b"Bad gateway", {"Content-Type": "text/plain"}),
        ],
    )
    def test_what_is_cut_off_or_no_answer_may_be_asked_again(
        self, gemini: Gemini, server: ScriptedServer, answer: Scripted
    ) -> None:
        server.script(answer)
        got = ask(gemini)
        assert type(make_error(got.status_code, got.text)) is ModelUnavailable
        assert server.url in got.json()["error"]["message"]

    def test_a_server_that_is_gone_is_named(self, gemini: Gemini, server: ScriptedServer) -> None:
        with ScriptedServer() as gone:
            pass
        gemini = make_gemini(build_model_url(gone.url, NAME), Path(), CassetteStore(()), Path())
        got = ask(gemini)
        assert got.status_code == 503
        assert f"{gone.url} did not answer" in got.json()["error"]["message"]

    def test_a_stream_that_ends_in_an_error_is_that_error(self, gemini: Gemini, server: ScriptedServer) -> None:
        server.script(events(part("The "), {"error": {"message": "context size exceeded"}}))
        assert ask(gemini).status_code == 400


def test_an_address_names_its_model_whatever_is_in_the_name() -> None:
    for name in ("a:7b", "hf.co/a/b:Q4_K_M", "a b#c%d"):
        at = build_model_url("http://127.0.0.1:1/v1/", name)
        assert parse_model_name(at) == name
        assert at.startswith("http://127.0.0.1:1/v1#")
    assert parse_model_name("http://127.0.0.1:1") == parse_model_name("replay") == ""
