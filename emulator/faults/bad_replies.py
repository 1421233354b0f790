"""Bad replies of a language model, exactly as the Gemini REST API sends them.

Their shapes are those of https://ai.google.dev/api/generate-content and, for errors, of google.rpc's error details
(https://cloud.google.com/apis/design/errors).
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from agenticai.emulator.faults.rules import ModelReply
from agenticai.emulator.gemini.answers import CHARACTERS_PER_TOKEN
from agenticai.emulator.http.google_errors import build_google_error

QUOTA_METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
RATE_LIMITS_PAGE = "https://ai.google.dev/gemini-api/docs/rate-limits"
HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
_MODEL_NAME = re.compile(r"/models/([^/:]+)")

MADE_OF_GOOD_ONES = frozenset({ModelReply.TRUNCATED, ModelReply.MALFORMED, ModelReply.DROPPED})

Quota = tuple[str, int]
PER_MINUTE: Quota = ("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", 5)
PER_DAY: Quota = ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", 20)


def make_bad_reply(kind: ModelReply, path: str, *, request_bytes: int, retry_after_s: float) -> Response:
    """Return a bad reply that is not derived from a good one, to a request for `…/{model}:generateContent`."""
    model_match = _MODEL_NAME.search(path)
    model = model_match[1] if model_match else "unknown"
    match kind:
        case ModelReply.RATE_LIMITED:
            return make_quota_error(PER_MINUTE, model, retry_after_s)
        case ModelReply.DAILY_QUOTA:
            return make_quota_error(PER_DAY, model, retry_after_s)
        case ModelReply.UNAVAILABLE:
            return build_google_error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        case ModelReply.INTERNAL_ERROR:
            return build_google_error(500, "INTERNAL", "An internal error has occurred.")
        case ModelReply.SAFETY:
            candidate = {"finishReason": "SAFETY", "index": 0, "safetyRatings": make_safety_ratings()}
            body: dict[str, Any] = {"candidates": [candidate]}
        case ModelReply.BLOCKED_PROMPT:
            body = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
        case ModelReply.EMPTY:
            body = {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}]}
        case ModelReply.NO_CANDIDATES:
            body = {}
        case _:
            raise ValueError(f"The reply “{kind}” can only be made from a good reply.")
    tokens = math.ceil(request_bytes / CHARACTERS_PER_TOKEN)
    usage = {"promptTokenCount": tokens, "totalTokenCount": tokens}
    return JSONResponse({**body, "usageMetadata": usage, "modelVersion": model})


def make_quota_error(quota: Quota, model: str, retry_after_s: float) -> Response:
    """Return a 429 that names the exceeded quota and when to retry; the API gives a time for daily quotas too."""
    quota_id, value = quota
    violation = {
        "quotaMetric": QUOTA_METRIC,
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": str(value),
    }
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [{"description": "Learn more about Gemini API quotas", "url": RATE_LIMITS_PAGE}],
        },
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after_s:g}s"},
    ]
    message = (
        "You exceeded your current quota, please check your plan and billing details.\n"
        f"* Quota exceeded for metric: {QUOTA_METRIC}, limit: {value}, model: {model}\n"
        f"Please retry in {retry_after_s:g}s."
    )
    error = {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}
    return JSONResponse({"error": error}, status_code=429)


def make_safety_ratings() -> list[dict[str, Any]]:
    """Return safety ratings, the last of which blocks the reply."""
    ratings: list[dict[str, Any]] = [
        {"category": f"HARM_CATEGORY_{harm}", "probability": "NEGLIGIBLE"} for harm in HARMS
    ]
    ratings[-1] |= {"probability": "HIGH", "blocked": True}
    return ratings


def corrupt_reply(kind: ModelReply, good: Response) -> Response:
    """Make a good reply bad; an error, or a reply without text, stays unchanged. Raises ValueError."""
    match kind:
        case ModelReply.TRUNCATED:
            return replace_text(good, lambda text: text[: len(text) // 2], "MAX_TOKENS")
        case ModelReply.MALFORMED:
            return replace_text(good, scramble_second_half, "STOP")
        case _:
            raise ValueError(f"The reply “{kind}” is not made from the text of a good reply.")


def scramble_second_half(text: str) -> str:
    """Reverse the second half of a text, so that brackets and tags are not closed properly."""
    half = len(text) // 2
    return text[:half] + text[half:][::-1]


def replace_text(good: Response, change: Callable[[str], str], finish_reason: str) -> Response:
    """Return the same reply with its text and output token count changed."""
    body = json.loads(bytes(good.body)) if good.status_code == 200 else {}
    if not body.get("candidates"):
        return good
    candidate = body["candidates"][0]
    parts = candidate.get("content", {}).get("parts", [])
    text = change("".join(part.get("text", "") for part in parts))
    candidate["content"] = {"role": "model", "parts": [{"text": text}]}
    candidate["finishReason"] = finish_reason
    usage = body.setdefault("usageMetadata", {})
    usage["candidatesTokenCount"] = math.ceil(len(text) / CHARACTERS_PER_TOKEN)
    usage["totalTokenCount"] = usage.get("promptTokenCount", 0) + usage["candidatesTokenCount"]
    return JSONResponse(body)
