"""A model's bad replies, parsed by the handlers' adapters."""

import json

import pytest
from starlette.responses import JSONResponse, Response

from agenticai.emulator.faults.bad_replies import MADE_OF_GOOD_ONES, bad_reply, garble, spoil
from agenticai.emulator.faults.rules import ModelReply
from agenticai.emulator.http.google_errors import google_error
from shared.language_model.gemini_wire import failure, read_reply
from shared.language_model.port import FinishReason, ModelQuotaSpent, ModelUnavailable

PATH = "/v1/models/gemini-3.5-flash-lite:generateContent"
PLAN = json.dumps({"summary": "A plan", "tasks": [{"id": "t1"}]})


def bad(kind: ModelReply) -> Response:
    return bad_reply(kind, PATH, request_bytes=400, retry_after_s=11)


def good(text: str = PLAN) -> Response:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 12, "totalTokenCount": 21}
    return JSONResponse({"candidates": [candidate], "usageMetadata": usage})


def text_of(answer: Response) -> str:
    return bytes(answer.body).decode()


@pytest.mark.parametrize(
    ("kind", "status", "means", "after"),
    [
        (ModelReply.RATE_LIMITED, 429, ModelUnavailable, 11.0),
        (ModelReply.DAILY_QUOTA, 429, ModelQuotaSpent, 3600.0),
        (ModelReply.UNAVAILABLE, 503, ModelUnavailable, None),
        (ModelReply.INTERNAL_ERROR, 500, ModelUnavailable, None),
    ],
)
def test_an_error_means_what_it_means(
    kind: ModelReply, status: int, means: type[Exception], after: float | None
) -> None:
    answer = bad(kind)
    error = failure(answer.status_code, text_of(answer))
    assert (answer.status_code, type(error), getattr(error, "after", None)) == (status, means, after)


@pytest.mark.parametrize(
    ("kind", "finish", "detail"),
    [
        (ModelReply.SAFETY, FinishReason.BLOCKED, "SAFETY"),
        (ModelReply.BLOCKED_PROMPT, FinishReason.BLOCKED, "PROHIBITED_CONTENT"),
        (ModelReply.NO_CANDIDATES, FinishReason.OTHER, "no candidates"),
        (ModelReply.EMPTY, FinishReason.STOP, "STOP"),
    ],
)
def test_a_reply_without_text_says_why(kind: ModelReply, finish: FinishReason, detail: str) -> None:
    answer = bad(kind)
    assert json.loads(text_of(answer))["usageMetadata"] == {"promptTokenCount": 100, "totalTokenCount": 100}
    reply = read_reply(text_of(answer))
    assert (answer.status_code, reply.text, reply.finish_reason, reply.detail) == (200, "", finish, detail)
    assert reply.tokens.prompt_tokens == 100


def test_a_truncated_reply_is_half_of_the_good_one() -> None:
    reply = read_reply(text_of(spoil(ModelReply.TRUNCATED, good())))
    assert (reply.finish_reason, reply.text) == (FinishReason.MAX_TOKENS, PLAN[: len(PLAN) // 2])
    assert reply.tokens.output_tokens == len(reply.text) // 4 + 1


def test_a_malformed_reply_is_no_json_though_its_envelope_is() -> None:
    reply = read_reply(text_of(spoil(ModelReply.MALFORMED, good())))
    assert reply.finish_reason is FinishReason.STOP
    with pytest.raises(ValueError, match=r"^"):
        json.loads(reply.text)


def test_a_garbled_text_closes_no_tag() -> None:
    assert "</file-1>" not in garble('<file-1 path="a.py">\nprint("hello")\n</file-1>\n')


@pytest.mark.parametrize("answer", [google_error(404, "NOT_FOUND", "No reply."), JSONResponse({"promptFeedback": {}})])
def test_what_has_no_text_stays_as_it_is(answer: Response) -> None:
    assert spoil(ModelReply.TRUNCATED, answer) is answer


@pytest.mark.parametrize("kind", ModelReply)
def test_every_kind_is_made_in_one_of_the_two_ways(kind: ModelReply) -> None:
    if kind not in MADE_OF_GOOD_ONES:
        assert bad(kind).body
        return
    with pytest.raises(ValueError, match="can only be made from a good reply"):
        bad(kind)


def test_a_quota_is_told_with_what_it_is_and_when_to_try_again() -> None:
    for kind, quota, value in (
        (ModelReply.RATE_LIMITED, "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "5"),
        (ModelReply.DAILY_QUOTA, "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20"),
    ):
        details = json.loads(text_of(bad(kind)))["error"]["details"]
        told = {detail["@type"].rpartition(".")[2]: detail for detail in details}
        (violation,) = told["QuotaFailure"]["violations"]
        assert (violation["quotaId"], violation["quotaValue"]) == (quota, value)
        assert violation["quotaDimensions"] == {"location": "global", "model": "gemini-3.5-flash-lite"}
        assert told["RetryInfo"]["retryDelay"] == "11s"


def test_what_is_blocked_for_safety_says_by_which_rating() -> None:
    ratings = json.loads(text_of(bad(ModelReply.SAFETY)))["candidates"][0]["safetyRatings"]
    assert [rating for rating in ratings if rating.get("blocked")] == [ratings[-1]]
    assert {rating["probability"] for rating in ratings[:-1]} == {"NEGLIGIBLE"}
    assert ratings[-1]["probability"] == "HIGH"
    assert {rating["category"] for rating in ratings} == {
        f"HARM_CATEGORY_{harm}" for harm in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
    }


def test_only_text_is_spoiled_and_its_tokens_are_counted_again() -> None:
    parts = [{"text": "12345678"}, {"inlineData": {}}, {"text": "90"}]
    answer = JSONResponse({"candidates": [{"content": {"parts": parts}}], "usageMetadata": {"promptTokenCount": 9}})
    spoiled = json.loads(text_of(spoil(ModelReply.TRUNCATED, answer)))
    assert spoiled["candidates"] == [
        {"content": {"role": "model", "parts": [{"text": "12345"}]}, "finishReason": "MAX_TOKENS"}
    ]
    assert spoiled["usageMetadata"] == {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}
    uncounted = JSONResponse({"candidates": [{"content": {"parts": parts}}]})
    spoiled = json.loads(text_of(spoil(ModelReply.TRUNCATED, uncounted)))
    assert spoiled["usageMetadata"] == {"candidatesTokenCount": 2, "totalTokenCount": 2}
