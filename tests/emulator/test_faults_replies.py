"""A model's bad replies, parsed by the handlers' adapters."""

import json

import pytest
from starlette.responses import JSONResponse, Response

from agenticai.emulator.faults.bad_replies import MADE_OF_GOOD_ONES, corrupt_reply, make_bad_reply, scramble_second_half
from agenticai.emulator.faults.rules import ModelReply
from agenticai.emulator.http.google_errors import build_google_error
from shared.language_model.gemini_wire import make_error, read_reply
from shared.language_model.port import FinishReason, ModelQuotaSpent, ModelUnavailable

PATH = "/v1/models/gemini-3.5-flash-lite:generateContent"
PLAN = json.dumps({"summary": "A plan", "tasks": [{"id": "t1"}]})


def bad(kind: ModelReply) -> Response:
    return make_bad_reply(kind, PATH, request_bytes=400, retry_after_s=11)


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
    error = make_error(answer.status_code, text_of(answer))
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
    reply = read_reply(text_of(corrupt_reply(ModelReply.TRUNCATED, good())))
    assert (reply.finish_reason, reply.text) == (FinishReason.MAX_TOKENS, PLAN[: len(PLAN) // 2])
    assert reply.tokens.output_tokens == len(reply.text) // 4 + 1


def test_a_malformed_reply_is_no_json_though_its_envelope_is() -> None:
    reply = read_reply(text_of(corrupt_reply(ModelReply.MALFORMED, good())))
    assert reply.finish_reason is FinishReason.STOP
    with pytest.raises(ValueError, match=r"^"):
        json.loads(reply.text)


def test_a_garbled_text_closes_no_tag() -> None:
    assert "</file-1>" not in scramble_second_half('<file-1 path="a.py">\nprint("hello")\n</file-1>\n')
    assert scramble_second_half("abcdefg") == "abcgfed"


@pytest.mark.parametrize("kind", [ModelReply.SAFETY, ModelReply.DROPPED])
def test_only_a_text_can_be_spoiled(kind: ModelReply) -> None:
    with pytest.raises(ValueError, match=f"The reply “{kind}” is not made from the text of a good reply"):
        corrupt_reply(kind, good())


@pytest.mark.parametrize("candidate", [{}, {"content": {}}], ids=["no content", "no parts"])
def test_a_candidate_without_text_is_spoiled_to_one_without_text(candidate: dict[str, object]) -> None:
    answer = JSONResponse({"candidates": [candidate, {"index": 1}]})
    assert json.loads(text_of(corrupt_reply(ModelReply.MALFORMED, answer))) == {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": "STOP"},
            {"index": 1},
        ],
        "usageMetadata": {"candidatesTokenCount": 0, "totalTokenCount": 0},
    }


@pytest.mark.parametrize(
    "answer",
    [
        build_google_error(404, "NOT_FOUND", "No reply."),
        Response("<h1>Bad Gateway</h1>", 502),
        JSONResponse({"promptFeedback": {}}),
        JSONResponse({"candidates": []}),
    ],
)
def test_what_has_no_text_stays_as_it_is(answer: Response) -> None:
    assert corrupt_reply(ModelReply.TRUNCATED, answer) is answer


@pytest.mark.parametrize("kind", ModelReply)
def test_every_kind_is_made_in_one_of_the_two_ways(kind: ModelReply) -> None:
    if kind not in MADE_OF_GOOD_ONES:
        assert bad(kind).body
        return
    with pytest.raises(ValueError, match="can only be made from a good reply"):
        bad(kind)


METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
MODEL = "gemini-3.5-flash-lite"
USED = {"usageMetadata": {"promptTokenCount": 100, "totalTokenCount": 100}, "modelVersion": MODEL}


def quota_error(quota: str, value: int) -> dict[str, object]:
    told = "You exceeded your current quota, please check your plan and billing details."
    message = f"{told}\n* Quota exceeded for metric: {METRIC}, limit: {value}, model: {MODEL}\nPlease retry in 11s."
    violation = {
        "quotaMetric": METRIC,
        "quotaId": f"GenerateRequestsPer{quota}PerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": MODEL},
        "quotaValue": str(value),
    }
    link = {
        "description": "Learn more about Gemini API quotas",
        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
    }
    details: list[dict[str, object]] = [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "11s"},
    ]
    return {"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}}


def rating(harm: str, probability: str, **more: object) -> dict[str, object]:
    return {"category": f"HARM_CATEGORY_{harm}", "probability": probability, **more}


@pytest.mark.parametrize(
    ("kind", "status", "document"),
    [
        (ModelReply.RATE_LIMITED, 429, quota_error("Minute", 5)),
        (ModelReply.DAILY_QUOTA, 429, quota_error("Day", 20)),
        (
            ModelReply.UNAVAILABLE,
            503,
            {
                "error": {
                    "code": 503,
                    "message": "The model is overloaded. Please try again later.",
                    "status": "UNAVAILABLE",
                }
            },
        ),
        (
            ModelReply.INTERNAL_ERROR,
            500,
            {"error": {"code": 500, "message": "An internal error has occurred.", "status": "INTERNAL"}},
        ),
        (
            ModelReply.SAFETY,
            200,
            {
                "candidates": [
                    {
                        "finishReason": "SAFETY",
                        "index": 0,
                        "safetyRatings": [
                            rating("HARASSMENT", "NEGLIGIBLE"),
                            rating("HATE_SPEECH", "NEGLIGIBLE"),
                            rating("SEXUALLY_EXPLICIT", "NEGLIGIBLE"),
                            rating("DANGEROUS_CONTENT", "HIGH", blocked=True),
                        ],
                    }
                ],
                **USED,
            },
        ),
        (ModelReply.BLOCKED_PROMPT, 200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **USED}),
        (
            ModelReply.EMPTY,
            200,
            {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}], **USED},
        ),
        (ModelReply.NO_CANDIDATES, 200, USED),
    ],
)
def test_each_is_what_the_api_sends_to_the_letter(kind: ModelReply, status: int, document: object) -> None:
    answer = bad(kind)
    assert (answer.status_code, json.loads(text_of(answer))) == (status, document)


def test_a_path_without_a_model_is_of_an_unknown_one_and_a_token_that_is_begun_counts() -> None:
    answer = make_bad_reply(ModelReply.NO_CANDIDATES, "/v1/tunedModels/a", request_bytes=401, retry_after_s=0)
    assert json.loads(text_of(answer)) == {
        "usageMetadata": {"promptTokenCount": 101, "totalTokenCount": 101},
        "modelVersion": "unknown",
    }


def test_a_part_of_a_second_is_told_and_no_more_digits_than_there_are() -> None:
    answer = make_bad_reply(ModelReply.RATE_LIMITED, PATH, request_bytes=4, retry_after_s=0.5)
    assert "Please retry in 0.5s." in json.loads(text_of(answer))["error"]["message"]


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
    spoiled = json.loads(text_of(corrupt_reply(ModelReply.TRUNCATED, answer)))
    assert spoiled["candidates"] == [
        {"content": {"role": "model", "parts": [{"text": "12345"}]}, "finishReason": "MAX_TOKENS"}
    ]
    assert spoiled["usageMetadata"] == {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}
    uncounted = JSONResponse({"candidates": [{"content": {"parts": parts}}]})
    spoiled = json.loads(text_of(corrupt_reply(ModelReply.TRUNCATED, uncounted)))
    assert spoiled["usageMetadata"] == {"candidatesTokenCount": 2, "totalTokenCount": 2}
