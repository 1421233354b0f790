"""Gemini's answers, read without a server: each boundary of what a status, a quota and a body mean."""

import json
from typing import Any

import pytest

from shared.language_model.gemini_wire import make_error, read_reply
from shared.language_model.port import FinishReason, ModelQuotaSpent, ModelUnavailable, ModelUnusable, Reply
from shared.models.project import TokenUsage


def body(message: str = "", *details: dict[str, Any], status: str = "", code: int = 0) -> str:
    return json.dumps({"error": {"code": code, "message": message, "status": status, "details": details}})


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (200, ModelUnavailable),
        (299, ModelUnavailable),
        (300, ModelUnusable),
        (400, ModelUnusable),
        (407, ModelUnusable),
        (408, ModelUnavailable),
        (409, ModelUnavailable),
        (410, ModelUnusable),
        (424, ModelUnusable),
        (425, ModelUnavailable),
        (426, ModelUnusable),
        (428, ModelUnusable),
        (429, ModelUnavailable),
        (430, ModelUnusable),
        (498, ModelUnusable),
        (499, ModelUnavailable),
        (500, ModelUnavailable),
    ],
)
def test_which_statuses_may_be_others_later(code: int, kind: type[Exception]) -> None:
    assert type(make_error(code, body("m"))) is kind


@pytest.mark.parametrize(
    ("code", "details", "words"),
    [
        (400, [], "the model refused the request (400 S): m"),
        (400, [{"reason": "API_KEY_EXPIRED"}], "the model refused the API key (m); store a valid one and try again"),
        (400, [{"reason": "NO_API_KEY_"}], "the model refused the request (400 S): m"),
        (400, [{"reason": "BILLING_DISABLED"}], "the model refused the request (400 S): m"),
        (401, [], "the model refused the API key (m); store a valid one and try again"),
        (403, [], "the model refused the API key (m); store a valid one and try again"),
        (403, [{"reason": "CONSUMER_SUSPENDED"}], "the model's API may not be used with this key: m"),
        (403, [{"reason": "CONSUMER_INVALID"}], "the model's API may not be used with this key: m"),
        (403, [{}, {"reason": "SERVICE_DISABLED"}], "the model's API may not be used with this key: m"),
        (404, [], "the model has no answer to this, check its name and endpoint (404 S): m"),
        (404, [{"reason": "API_KEY_INVALID"}], "the model refused the API key (m); store a valid one and try again"),
        (404, [{}, {"reason": "NO_STORED_REPLY"}], "m"),
        (503, [], "the model answered 503 S"),
    ],
)
def test_a_failure_says_what_to_do(code: int, details: list[dict[str, Any]], words: str) -> None:
    assert str(make_error(code, body("m", *details, status="S"))) == words


@pytest.mark.parametrize(
    "message", ["It has not been used in project 1", "Because IT IS DISABLED now", "it is disabled"]
)
def test_an_api_that_is_off_is_known_by_its_message(message: str) -> None:
    assert str(make_error(403, body(message))).startswith("the model's API may not be used")


@pytest.mark.parametrize(
    ("message", "never"),
    [
        ("limit: 0", True),
        ("LIMIT:0,", True),
        ("limit:\t0", True),
        ("limit: 0.5", False),
        ("limit: 01", False),
        ("limit: 10", False),
        ("nolimit: 0", False),
        ("prepaid credit", True),
        ("Your prepayment\nis depleted", True),
        ("prepaid balance", True),
        (f"prepaid {'x' * 58} balance", True),
        (f"prepaid {'x' * 59} balance", False),
        ("unprepaid balance", False),
        ("credit is depleted", True),
        ("credits exhausted", True),
        ("Credits are spent", True),
        ("credits are used up", True),
        (f"credits {'x' * 58} spent", True),
        (f"credits {'x' * 59} spent", False),
        ("credits are low", False),
        ("spend cap", True),
        ("spending-limit", True),
        ("spending  limit", False),
        ("monthly spend", True),
        ("monthly-spending", True),
        ("busy", False),
    ],
)
def test_what_no_waiting_changes_is_known_by_its_words(message: str, never: bool) -> None:
    assert (type(make_error(429, body(message))) is ModelUnusable) == never


VIOLATION = "violations"


@pytest.mark.parametrize(
    ("message", "details", "kind"),
    [
        ("", [{VIOLATION: [{"quotaValue": 0}]}], ModelUnusable),
        ("", [{VIOLATION: [{"quotaValue": "5"}, {"quotaValue": "0"}]}], ModelUnusable),
        ("", [{"metadata": {"quota_limit_value": "0"}}], ModelUnusable),
        ("", [{"metadata": {"quota_limit_value": 0}}], ModelUnusable),
        ("", [{VIOLATION: [{"quotaValue": "10"}]}], ModelUnavailable),
        ("", [{VIOLATION: [{"quotaId": "RequestsPerDay"}]}], ModelQuotaSpent),
        ("", [{}, {VIOLATION: [{"quotaId": "a"}, {"quotaId": "per_day"}]}], ModelQuotaSpent),
        ("", [{"metadata": {"quota_limit": "Daily"}}], ModelQuotaSpent),
        ("per day", [{VIOLATION: [{"quotaId": "PerMinute"}]}], ModelUnavailable),
        ("per day", [{"metadata": {"quota_limit": "PerMinute"}}], ModelUnavailable),
        ("per-day", [{"reason": "x"}], ModelQuotaSpent),
        ("a daily quota", [], ModelQuotaSpent),
        ("", [], ModelUnavailable),
    ],
)
def test_a_quota_is_told_by_what_it_limits(message: str, details: list[dict[str, Any]], kind: type[Exception]) -> None:
    assert type(make_error(429, body(message, *details))) is kind


def test_without_a_message_the_body_is_read_for_it() -> None:
    assert type(make_error(429, "limit: 0")) is ModelUnusable
    assert type(make_error(429, "requests per day")) is ModelQuotaSpent
    assert str(make_error(400, "<b>\n No </b>")) == "the model refused the request (400 ): <b> No </b>"


def test_what_is_throttled_says_so() -> None:
    assert str(make_error(429, body())) == "the model is throttled"
    spent = make_error(429, body("daily"))
    assert isinstance(spent, ModelQuotaSpent)
    assert (str(spent), spent.after) == ("the model's daily quota is used up", 3600.0)
    assert str(make_error(429, body("limit: 0"))) == (
        "the model's quota does not allow this, and waiting does not change it: limit: 0"
    )


@pytest.mark.parametrize(
    ("delays", "header", "after"),
    [
        (["7s"], "", 7.0),
        (["0.25s"], "9", 0.25),
        ([" 7s "], "", 7.0),
        (["3", "5s"], "", 3.0),
        (["", "5s"], "", 5.0),
        ([5], "", 5.0),
        (["123456789.123456789s"], "", 123456789.123456789),
        (["1234567890s"], "", None),
        (["1.1234567890s"], "", None),
        (["7m"], "", None),
        (["x7s"], "", None),
        (["7ss"], "", None),
        ([], "12", 12.0),
        ([], "", None),
        ([], "Wed", None),
    ],
)
@pytest.mark.parametrize("code", [429, 503])
def test_the_first_delay_that_is_asked_for_is_taken(
    code: int, delays: list[object], header: str, after: float | None
) -> None:
    details = [{"retryDelay": delay} for delay in delays]
    error = make_error(code, body("", *details), header)
    assert isinstance(error, ModelUnavailable)
    assert error.after == after


def test_a_long_message_is_cut_between_two_words() -> None:
    whole = "w" * 499 + " " + "v" * 500
    assert (
        str(make_error(401, body(whole))) == f"the model refused the API key ({whole}); store a valid one and try again"
    )
    assert f"({'w' * 499})" in str(make_error(401, body(whole + "v")))
    assert f"({whole})" in str(make_error(401, body(f"{whole} more")))
    assert str(make_error(404, body(whole + "v", {"reason": "NO_STORED_REPLY"}))) == "w" * 499


@pytest.mark.parametrize("text", [f"[{body('m', code=400)}]", body("m", code=400)])
def test_an_error_may_come_in_an_array_of_one(text: str) -> None:
    assert str(make_error(400, text)) == "the model refused the request (400 ): m"
    with pytest.raises(ModelUnusable, match=r"\(400 \): m$"):
        read_reply(text)


def test_of_an_array_of_two_nothing_is_read() -> None:
    text = f"[{body('m')}, {body('m')}]"
    assert str(make_error(400, text)).endswith(f": {text}")


TOKENS = TokenUsage(calls=1)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ({}, Reply("", FinishReason.OTHER, TOKENS, "no candidates")),
        ({"promptFeedback": {}}, Reply("", FinishReason.BLOCKED, TOKENS, "no candidates")),
        ({"promptFeedback": {"blockReason": "B"}}, Reply("", FinishReason.BLOCKED, TOKENS, "B")),
        ({"candidates": [{}]}, Reply("", FinishReason.OTHER, TOKENS, "no finish reason")),
        (
            {"candidates": [{"finishReason": None, "content": None}]},
            Reply("", FinishReason.OTHER, TOKENS, "no finish reason"),
        ),
        (
            {
                "candidates": [
                    {
                        "content": {"parts": [{"text": "a", "thought": True}, {"text": "b"}, {}, {"text": "c"}]},
                        "finishReason": "STOP",
                    },
                    {"content": {"parts": [{"text": "second"}]}},
                ],
                "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 20, "thoughtsTokenCount": 300},
            },
            Reply("bc", FinishReason.STOP, TokenUsage(calls=1, prompt_tokens=1, output_tokens=320), "STOP"),
        ),
        (
            {"candidates": [{"content": {"parts": [{"text": "half \ud83d"}]}, "finishReason": "STOP"}]},
            Reply("half ?", FinishReason.STOP, TOKENS, "STOP"),
        ),
    ],
)  # fmt: skip
def test_a_reply_is_what_is_there(answer: object, reply: Reply) -> None:
    assert read_reply(json.dumps(answer)) == reply


@pytest.mark.parametrize("text", ["", "[]", "1", "{", '{"candidates": 1}', "[" * 100_000])
def test_what_is_no_answer_is_told_so(text: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"^the model's answer could not be read$"):
        read_reply(text)
