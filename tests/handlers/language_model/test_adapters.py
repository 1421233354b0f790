"""How every adapter of the language model port handles the Gemini endpoint's answers."""

import importlib.util
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.language_model.gemini_wire import NO_STORED_REPLY
from shared.language_model.google_genai import GoogleGenaiModel
from shared.language_model.google_generativeai import GoogleGenerativeaiModel
from shared.language_model.port import (
    RESERVE_SECONDS,
    FinishReason,
    LanguageModel,
    ModelQuotaSpent,
    ModelUnavailable,
    ModelUnusable,
    Prompt,
    Reply,
)
from shared.models.errors import AgentError
from shared.models.plan import Plan
from shared.models.project import TokenUsage
from tests.handlers.language_model.server import Scripted, ScriptedServer, said

WIRE = Path(__file__).parents[3].parent / "shared" / "corpus" / "gemini_wire"
MODEL = "gemini-3.5-flash-lite"
PROMPT = Prompt(system="Be brief.", text="Greet Ada.")
USAGE = {"promptTokenCount": 7, "candidatesTokenCount": 5, "thoughtsTokenCount": 3, "totalTokenCount": 15}

Adapter = Callable[[str, str, str], LanguageModel]


@pytest.fixture(scope="module", params=[GoogleGenaiModel, GoogleGenerativeaiModel])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    if request.param is GoogleGenerativeaiModel and importlib.util.find_spec("google.generativeai") is None:
        pytest.skip("the extra `generativeai` is not installed")
    chosen: Adapter = request.param
    return chosen


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture(scope="module")
def model(adapter: Adapter, server: ScriptedServer) -> LanguageModel:
    return adapter("secret-key", MODEL, server.url)


def lots_of_time() -> float:
    return 120.0


def answer(*parts: dict[str, Any], finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    """Return a body of `generateContent`."""
    candidate = {"content": {"role": "model", "parts": [*parts]}, "finishReason": finish, "index": 0}
    return {"candidates": [candidate], "usageMetadata": USAGE, **more}


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> Scripted:
    return said({"error": {"code": code, "message": message, "status": status, "details": [*details]}}, code)


QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"


def quota_failure(*quota_ids: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaMetric": "generate_requests", "quotaId": quota_id} for quota_id in quota_ids],
    }


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s"}
MISS = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": NO_STORED_REPLY, "domain": "a.bench"}
BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}


def ask(model: LanguageModel, server: ScriptedServer, *answers: Scripted, prompt: Prompt = PROMPT) -> Reply:
    server.script(*answers)
    return model.generate(prompt, lots_of_time)


def refused(model: LanguageModel, server: ScriptedServer, *answers: Scripted) -> AgentError:
    with pytest.raises(AgentError) as failure:
        ask(model, server, *answers)
    assert len(server.requests) == 1
    assert "secret-key" not in str(failure.value)
    return failure.value


class TestRequest:
    def test_the_prompt_the_model_and_the_key_are_sent(self, model: LanguageModel, server: ScriptedServer) -> None:
        ask(model, server, said(answer({"text": "Hi"})))
        (asked,) = server.requests
        assert asked.path.partition("?")[0] in {f"/{v}/models/{MODEL}:generateContent" for v in ("v1", "v1beta")}
        assert {name.lower(): value for name, value in asked.headers.items()}["x-goog-api-key"] == "secret-key"
        assert [part["text"] for content in asked.body["contents"] for part in content["parts"]] == ["Greet Ada."]
        assert [part["text"] for part in asked.body["systemInstruction"]["parts"]] == ["Be brief."]

    def test_a_schema_is_sent_and_json_asked_for(self, model: LanguageModel, server: ScriptedServer) -> None:
        prompt = Prompt(system="Plan.", text="A game.", schema=Plan.model_json_schema())
        reply = ask(model, server, said(answer({"text": "{}"})), prompt=prompt)
        assert reply.text == "{}"
        sent = server.requests[0].body["generationConfig"]
        assert sent["responseMimeType"] == "application/json"
        schema = sent.get("responseJsonSchema") or sent["responseSchema"]
        assert {*schema["properties"]} == {*schema["required"]} == {*Plan.model_fields}

    def test_without_a_schema_no_form_is_asked_for(self, model: LanguageModel, server: ScriptedServer) -> None:
        ask(model, server, said(answer({"text": "Hi"})))
        config = server.requests[0].body.get("generationConfig") or {}
        assert {"responseMimeType", "responseSchema", "responseJsonSchema"}.isdisjoint(config)

    def test_a_model_that_waits_too_long_is_told_how_long_the_client_does(self, server: ScriptedServer) -> None:
        server.script(said(answer({"text": "Hi"})))
        GoogleGenaiModel("key", MODEL, server.url).generate(PROMPT, lots_of_time)
        headers = {name.lower(): value for name, value in server.requests[0].headers.items()}
        assert float(headers["x-server-timeout"]) == lots_of_time() - RESERVE_SECONDS

    def test_the_client_is_used_again(self, model: LanguageModel, server: ScriptedServer) -> None:
        for text in ("one", "two"):
            assert ask(model, server, said(answer({"text": text}))).text == text


class TestReply:
    def test_a_good_reply(self, model: LanguageModel, server: ScriptedServer) -> None:
        reply = ask(model, server, said(answer({"text": "Hi, "}, {"text": "Ada \U0001f600\n"})))
        tokens = TokenUsage(calls=1, prompt_tokens=7, output_tokens=8)
        assert reply == Reply("Hi, Ada \U0001f600\n", FinishReason.STOP, tokens, "STOP")

    @pytest.mark.parametrize(
        ("named", "meant"),
        [
            ("STOP", FinishReason.STOP),
            ("MAX_TOKENS", FinishReason.MAX_TOKENS),
            ("CONTINUATION", FinishReason.MAX_TOKENS),
            *((name, FinishReason.BLOCKED) for name in (
                "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR",
                "ESCALATION", "PUP_LIMITED_DISABLED", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
            )),
            *((name, FinishReason.OTHER) for name in (
                "FINISH_REASON_UNSPECIFIED", "OTHER", "MALFORMED_FUNCTION_CALL", "IMAGE_OTHER", "NO_IMAGE",
                "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE",
                "A_REASON_OF_NEXT_YEAR",
            )),
        ],
    )  # fmt: skip
    def test_every_finish_reason(
        self, model: LanguageModel, server: ScriptedServer, named: str, meant: FinishReason
    ) -> None:
        reply = ask(model, server, said(answer({"text": "So far"}, finish=named)))
        assert (reply.text, reply.finish_reason, reply.detail) == ("So far", meant, named)
        assert reply.tokens.calls == 1

    def test_the_finish_reasons_above_are_all_that_the_sdk_knows(self) -> None:
        from google.genai.types import FinishReason as Known

        marks = self.test_every_finish_reason.pytestmark  # type: ignore[attr-defined]
        assert {reason.value for reason in Known} <= {named for named, _ in marks[0].args[1]}

    def test_thoughts_are_counted_and_are_not_in_the_text(self, model: LanguageModel, server: ScriptedServer) -> None:
        reply = ask(
            model, server, said(answer({"text": "Hm.", "thought": True}, {"text": "Hi", "thoughtSignature": "eA=="}))
        )
        assert (reply.text, reply.tokens.output_tokens) == ("Hi", 8)

    @pytest.mark.parametrize(
        ("body", "finish", "detail"),
        [
            ({"candidates": [], "usageMetadata": USAGE}, FinishReason.OTHER, "no candidates"),
            ({}, FinishReason.OTHER, "no candidates"),
            ({"promptFeedback": {"blockReason": "SAFETY"}}, FinishReason.BLOCKED, "SAFETY"),
            ({"promptFeedback": {"blockReason": "A_NEW_REASON"}}, FinishReason.BLOCKED, "A_NEW_REASON"),
            ({"candidates": [], "promptFeedback": {}}, FinishReason.BLOCKED, "no candidates"),
            ({"candidates": [{"index": 0}]}, FinishReason.OTHER, "no finish reason"),
            ({"candidates": [{"content": {}, "finishReason": "STOP"}]}, FinishReason.STOP, "STOP"),
            (answer(), FinishReason.STOP, "STOP"),
            (
                answer({}, {"text": ""}, {"inlineData": {"mimeType": "image/png", "data": "eA=="}}),
                FinishReason.STOP,
                "STOP",
            ),
            (answer({"functionCall": {"name": "f", "args": {}}}, finish="OTHER"), FinishReason.OTHER, "OTHER"),
        ],
    )
    def test_no_text_is_an_empty_reply(
        self, model: LanguageModel, server: ScriptedServer, body: object, finish: FinishReason, detail: str
    ) -> None:
        reply = ask(model, server, said(body))
        assert (reply.text, reply.finish_reason, reply.detail) == ("", finish, detail)

    def test_half_of_a_surrogate_pair_is_replaced(self, model: LanguageModel, server: ScriptedServer) -> None:
        body = json.dumps(answer({"text": "PLACE"})).replace("PLACE", "\\ud83d cut").encode()
        assert ask(model, server, Scripted(200, body)).text == "? cut"


class TestFailure:
    @pytest.mark.parametrize(
        ("scripted", "kind", "words"),
        [
            (error(400, "INVALID_ARGUMENT", "Bad schema"), ModelUnusable, "400 INVALID_ARGUMENT): Bad schema"),
            (error(400, "INVALID_ARGUMENT", "Not valid", BAD_KEY), ModelUnusable, "refused the API key (Not valid)"),
            (error(400, "FAILED_PRECONDITION", "No billing"), ModelUnusable, "400 FAILED_PRECONDITION): No billing"),
            (error(401, "UNAUTHENTICATED", "Who?"), ModelUnusable, "refused the API key (Who?)"),
            (error(403, "PERMISSION_DENIED", "Leaked"), ModelUnusable, "refused the API key (Leaked)"),
            (
                error(404, "NOT_FOUND", "models/x"),
                ModelUnusable,
                "check its name and endpoint (404 NOT_FOUND): models/x",
            ),
            (error(413, "", "Too large"), ModelUnusable, "413 ): Too large"),
            (error(408, "", ""), ModelUnavailable, "the model answered 408"),
            (error(409, "ABORTED", ""), ModelUnavailable, "the model answered 409 ABORTED"),
            (error(425, "", ""), ModelUnavailable, "the model answered 425"),
            (error(499, "CANCELLED", ""), ModelUnavailable, "the model answered 499 CANCELLED"),
            (error(500, "INTERNAL", ""), ModelUnavailable, "the model answered 500 INTERNAL"),
            (error(503, "UNAVAILABLE", "Overloaded"), ModelUnavailable, "the model answered 503 UNAVAILABLE"),
            (error(504, "DEADLINE_EXCEEDED", ""), ModelUnavailable, "the model answered 504 DEADLINE_EXCEEDED"),
            (Scripted(502, b"<html>Bad gateway", {"Content-Type": "text/html"}), ModelUnavailable, "answered 502"),
            (Scripted(400, b"<html>Nope", {"Content-Type": "text/html"}), ModelUnusable, "<html>Nope"),
            (Scripted(403, b"\xff\xfe", {"Content-Type": "application/json"}), AgentError, "the model"),
            (Scripted(500, b"[]"), ModelUnavailable, "the model answered 500"),
            (Scripted(500, b'"text"'), ModelUnavailable, "the model answered 500"),
            (Scripted(500, b'{"error": "text"}'), ModelUnavailable, "the model answered 500"),
            (Scripted(503, b""), ModelUnavailable, "the model answered 503"),
        ],
    )
    def test_a_status_is_what_it_means(
        self, model: LanguageModel, server: ScriptedServer, scripted: Scripted, kind: type[AgentError], words: str
    ) -> None:
        failure = refused(model, server, scripted)
        assert isinstance(failure, kind)
        assert words in str(failure)

    def test_a_reply_that_is_not_stored_is_told_as_the_endpoint_tells_it(
        self, model: LanguageModel, server: ScriptedServer
    ) -> None:
        failure = refused(model, server, error(404, "NOT_FOUND", "No reply.\nDo this.", MISS))
        assert (type(failure), str(failure)) == (ModelUnusable, "No reply.\nDo this.")

    @pytest.mark.parametrize(
        "details",
        [
            [quota_failure("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), RETRY_INFO],
            [quota_failure("GenerateContentInputTokensPerModelPerMinute-FreeTier"), RETRY_INFO],
            [RETRY_INFO],
        ],
    )
    def test_too_many_requests_a_minute_are_unavailable_for_as_long_as_is_said(
        self, model: LanguageModel, server: ScriptedServer, details: list[dict[str, Any]]
    ) -> None:
        failure = refused(model, server, error(429, "RESOURCE_EXHAUSTED", "You exceeded your quota", *details))
        assert isinstance(failure, ModelUnavailable)
        assert (str(failure), failure.after) == ("the model is throttled", 36.5)

    def test_the_delay_may_be_in_the_header_or_nowhere(self, model: LanguageModel, server: ScriptedServer) -> None:
        for headers, after in (({"Retry-After": "12"}, 12.0), ({"Retry-After": "Wed, 21 Oct 2026"}, None), ({}, None)):
            failure = refused(model, server, Scripted(429, b"{}", {"Content-Type": "application/json", **headers}))
            assert isinstance(failure, ModelUnavailable)
            assert failure.after == after

    @pytest.mark.parametrize(
        ("message", "details"),
        [
            ("Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: gemini-3.5-pro", []),
            ("Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.", []),
            ("Your project has exceeded its monthly spending cap.", []),
            ("Your billing account has reached its spend limit for this tier.", [RETRY_INFO]),
            (
                "You exceeded your quota",
                [{"@type": QUOTA_FAILURE, "violations": [{"quotaId": "PerDay", "quotaValue": "0"}]}],
            ),
        ],
    )
    def test_what_waiting_does_not_heal_is_told_in_googles_words(
        self, model: LanguageModel, server: ScriptedServer, message: str, details: list[dict[str, Any]]
    ) -> None:
        failure = refused(model, server, error(429, "RESOURCE_EXHAUSTED", message, *details))
        assert isinstance(failure, ModelUnusable)
        assert message in str(failure)

    def test_a_limit_that_is_reached_is_waited_out(self, model: LanguageModel, server: ScriptedServer) -> None:
        for message in ("Quota exceeded, limit: 5, model: x", "Quota exceeded, limit: 0.5"):
            assert isinstance(refused(model, server, error(429, "RESOURCE_EXHAUSTED", message)), ModelUnavailable)

    @pytest.mark.parametrize("reason", ["SERVICE_DISABLED", "BILLING_DISABLED", "CONSUMER_SUSPENDED", ""])
    def test_an_api_that_is_not_enabled_is_no_bad_key(
        self, model: LanguageModel, server: ScriptedServer, reason: str
    ) -> None:
        message = "Generative Language API has not been used in project 1 before or it is disabled. Enable it."
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
        failure = refused(model, server, error(403, "PERMISSION_DENIED", message, info))
        assert isinstance(failure, ModelUnusable)
        assert str(failure) == f"the model's API may not be used with this key: {message}"

    @pytest.mark.parametrize(
        "details",
        [
            [quota_failure("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), RETRY_INFO],
            [quota_failure("GenerateRequestsPerMinutePerProject", "GenerateRequestsPerDayPerProjectPerModel-FreeTier")],
            [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "metadata": {"quota_limit": "RequestsPerDay"}}],
            [],
        ],
    )
    def test_a_spent_day_is_to_be_waited_out(
        self, model: LanguageModel, server: ScriptedServer, details: list[dict[str, Any]]
    ) -> None:
        message = "You exceeded your current quota of requests per minute" if details else "Requests per day: limit 20"
        failure = refused(model, server, error(429, "RESOURCE_EXHAUSTED", message, *details))
        assert isinstance(failure, ModelQuotaSpent)
        assert failure.after == 3600

    @pytest.mark.parametrize(
        "scripted",
        [
            Scripted(200, b'{"candidates": [{"content"'),
            Scripted(200, b"<html>Welcome to the proxy", {"Content-Type": "text/html"}),
            Scripted(200, b"", {}),
            Scripted(200, b"null"),
            Scripted(200, b"[1, 2]"),
            Scripted(200, b'{"candidates": "none"}'),
            Scripted(200, b'{"candidates": [{"content": {"parts": [{"text": 1}]}}]}'),
            Scripted(200, b"\xff\xfe\x00"),
            Scripted(200, b"[" * 100_000),
            said({"error": {"code": 503, "message": "x", "status": "UNAVAILABLE"}}),
        ],
    )
    def test_a_body_that_is_no_answer_may_be_one_next_time(
        self, model: LanguageModel, server: ScriptedServer, scripted: Scripted
    ) -> None:
        assert isinstance(refused(model, server, scripted), ModelUnavailable)

    def test_a_dropped_connection(self, model: LanguageModel, server: ScriptedServer) -> None:
        scripted = Scripted(200, json.dumps(answer({"text": "Hi " * 5000})).encode(), drops=True)
        assert "did not answer" in str(refused(model, server, scripted))

    def test_a_timeout(self, model: LanguageModel, server: ScriptedServer) -> None:
        server.script(Scripted(hangs=True))
        with pytest.raises(ModelUnavailable, match=r"did not answer: .*Time"):
            model.generate(PROMPT, lambda: RESERVE_SECONDS + 0.3)

    def test_no_time(self, model: LanguageModel, server: ScriptedServer) -> None:
        server.script()
        with pytest.raises(ModelUnavailable, match="no time is left"):
            model.generate(PROMPT, lambda: RESERVE_SECONDS)
        assert server.requests == []


def test_nobody_listens(adapter: Adapter) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # without listening
        model = adapter("key", MODEL, f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ModelUnavailable, match="did not answer"):
            model.generate(PROMPT, lots_of_time)


# Bodies that others recorded, with the finish reason and text, or the failure, that they mean.
RECORDED: dict[str, tuple[FinishReason, str] | type[AgentError]] = {
    "googleai_unary-failure-api-key": ModelUnusable,
    "googleai_unary-failure-finish-reason-safety": (FinishReason.BLOCKED, "Safety error incoming"),
    "googleai_unary-failure-only-prompt-feedback": (FinishReason.BLOCKED, ""),
    "googleai_unary-failure-unknown-model": ModelUnusable,
    "googleai_unary-success-code-execution": (FinishReason.STOP, "The first 5 prime numbers"),
    "googleai_unary-success-thinking-reply-thought-summary": (FinishReason.STOP, "Mountain View"),
    "vertexai_unary-failure-empty-content": (FinishReason.OTHER, ""),
    "vertexai_unary-failure-prompt-blocked-safety": (FinishReason.BLOCKED, ""),
    "vertexai_unary-failure-quota-exceeded": ModelUnusable,  # a quota of 0 requests a minute
    "vertexai_unary-failure-unknown-enum-finish-reason": (FinishReason.OTHER, "Some text"),
    "vertexai_unary-success-empty-part": (FinishReason.STOP, "I can certainly help"),
    "vertexai_unary-success-usage-metadata": (FinishReason.STOP, "Mountain View, California, United States"),
}


@pytest.mark.skipif(not WIRE.is_dir(), reason="the recorded answers are not beside this repository")
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers(model: LanguageModel, server: ScriptedServer, name: str) -> None:
    body = (WIRE / f"{name}.json").read_bytes()
    status = json.loads(body).get("error", {}).get("code", 200)
    expected = RECORDED[name]
    if isinstance(expected, tuple):
        reply = ask(model, server, Scripted(status, body))
        assert reply.finish_reason is expected[0]
        assert reply.text.startswith(expected[1])
        assert bool(reply.text) == bool(expected[1])
        assert reply.tokens.calls == 1
    else:
        assert isinstance(refused(model, server, Scripted(status, body)), expected)


@pytest.mark.skipif(not WIRE.is_dir(), reason="the recorded answers are not beside this repository")
def test_no_recorded_answer_is_left_out() -> None:
    assert {path.stem for path in WIRE.glob("*.json")} == {*RECORDED}
