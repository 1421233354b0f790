"""Parses Gemini's HTTP answers: the reply of `generateContent`, or the kind of failure.

Both adapters use this instead of their SDK's types: the older SDK knows neither thoughts nor half of the finish
reasons, and the newer one warns about unknown ones. See ai.google.dev/api/generate-content.
"""

import json
import re
from typing import Any, Final

from pydantic import Field, model_validator

from shared.language_model.port import FinishReason, ModelQuotaSpent, ModelUnavailable, ModelUnusable, Reply
from shared.models.base import TolerantModel
from shared.models.errors import AgentError
from shared.models.project import TokenUsage

QUOTA_WAIT_SECONDS: Final = 3600.0
"""The wait after a spent daily quota. It is renewed at midnight in California, which RetryInfo does not tell."""

_FINISHED: Final = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.MAX_TOKENS,
    "CONTINUATION": FinishReason.MAX_TOKENS,
} | dict.fromkeys(
    ("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION",
     "PUP_LIMITED_DISABLED", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
    FinishReason.BLOCKED,
)  # fmt: skip

NO_STORED_REPLY: Final = "NO_STORED_REPLY"
"""The error reason of an endpoint that replays stored replies and has none; its message says what to do."""

# What waiting does not change: a quota of zero, spent credits, a limit that a person has set.
_NEVER: Final = re.compile(
    r"\blimit:\s*0(?![.\d])|\bprepa(?:id|yment)\b.{0,60}\b(?:credits?|balance|depleted)"
    r"|\bcredits?\b.{0,60}\b(?:depleted|exhausted|spent|used up)|\bspend(?:ing)?[ -](?:cap|limit)|\bmonthly[ -]spend",
    re.IGNORECASE | re.DOTALL,
)
# Reasons in google.rpc.ErrorInfo that require a person to act elsewhere; the key itself is valid.
_NOT_ALLOWED: Final = frozenset({"SERVICE_DISABLED", "BILLING_DISABLED", "CONSUMER_SUSPENDED", "CONSUMER_INVALID"})
_DISABLED: Final = re.compile(r"\bhas not been used in project\b|\bit is disabled\b", re.IGNORECASE)
_PER_DAY: Final = re.compile(r"per[ _-]?day|daily", re.IGNORECASE)
_SECONDS: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s?")
_SHOWN: Final = 1000


class _Wire(TolerantModel):
    @model_validator(mode="before")
    @classmethod
    def _remove_nulls(cls, raw: Any) -> Any:
        return {name: value for name, value in raw.items() if value is not None} if isinstance(raw, dict) else raw


class _Part(_Wire):
    text: str = ""
    thought: bool = False


class _Content(_Wire):
    parts: tuple[_Part, ...] = ()


class _Candidate(_Wire):
    content: _Content = _Content()
    finish_reason: str = Field(default="", alias="finishReason")


class _Feedback(_Wire):
    block_reason: str = Field(default="", alias="blockReason")


class _Usage(_Wire):
    prompt: int = Field(default=0, alias="promptTokenCount")
    candidates: int = Field(default=0, alias="candidatesTokenCount")
    thoughts: int = Field(default=0, alias="thoughtsTokenCount")


class _Violation(_Wire):
    quota_id: str = Field(default="", alias="quotaId")
    quota_value: str = Field(default="", alias="quotaValue", coerce_numbers_to_str=True)


class _Detail(_Wire):
    """Any of google.rpc's error details (cloud.google.com/apis/design/errors), with the fields that matter here."""

    reason: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    violations: tuple[_Violation, ...] = ()
    retry_delay: Any = Field(default="", alias="retryDelay")


class _Status(_Wire):
    code: int = 0
    message: str = ""
    status: str = ""
    details: tuple[_Detail, ...] = ()


class _Answer(_Wire):
    candidates: tuple[_Candidate, ...] = ()
    prompt_feedback: _Feedback | None = Field(default=None, alias="promptFeedback")
    usage: _Usage = Field(default=_Usage(), alias="usageMetadata")
    error: _Status | None = None


def read_reply(body: str) -> Reply:
    """Return the reply in the body of a 200. Raises `ModelUnavailable` if there is none, or its error's exception."""
    answer = _parse(body)
    if answer is None:
        raise ModelUnavailable("the model's answer could not be read")
    if answer.error is not None:
        raise make_error(answer.error.code, body)
    usage = answer.usage
    tokens = TokenUsage(calls=1, prompt_tokens=usage.prompt, output_tokens=usage.candidates + usage.thoughts)
    if not answer.candidates:
        blocked = answer.prompt_feedback is not None
        reason = answer.prompt_feedback.block_reason if answer.prompt_feedback else ""
        return Reply("", FinishReason.BLOCKED if blocked else FinishReason.OTHER, tokens, reason or "no candidates")
    candidate = answer.candidates[0]
    text = "".join(part.text for part in candidate.content.parts if not part.thought)
    reason = candidate.finish_reason or "no finish reason"
    return Reply(text, _FINISHED.get(reason, FinishReason.OTHER), tokens, reason)


def make_error(code: int, body: str, retry_after: str = "") -> AgentError:
    """Return the exception for an HTTP status other than 200; `retry_after` is the header's value in seconds."""
    answer = _parse(body)
    status = (answer.error if answer else None) or _Status()
    if any(detail.reason == NO_STORED_REPLY for detail in status.details):
        return ModelUnusable(_shorten(status.message))
    message = _shorten(" ".join((status.message or body).split()))
    if code == 429:
        return _make_quota_error(status, body, retry_after, message)
    if code in {408, 409, 425, 499} or code >= 500 or code < 300:
        return ModelUnavailable(
            f"the model answered {code} {status.status}".rstrip(), after=_parse_delay(status, retry_after)
        )
    if code == 403 and (_DISABLED.search(message) or any(detail.reason in _NOT_ALLOWED for detail in status.details)):
        return ModelUnusable(f"the model's API may not be used with this key: {message}")
    if code in {401, 403} or any(detail.reason.startswith("API_KEY_") for detail in status.details):
        return ModelUnusable(f"the model refused the API key ({message}); store a valid one and try again")
    if code == 404:
        return ModelUnusable(
            f"the model has no answer to this, check its name and endpoint (404 {status.status}): {message}"
        )
    return ModelUnusable(f"the model refused the request ({code} {status.status}): {message}")


def _make_quota_error(status: _Status, body: str, retry_after: str, message: str) -> AgentError:
    quota_values = [violation.quota_value for detail in status.details for violation in detail.violations]
    quota_values += [str(detail.metadata.get("quota_limit_value", "")) for detail in status.details]
    if "0" in quota_values or _NEVER.search(status.message or body):
        return ModelUnusable(f"the model's quota does not allow this, and waiting does not change it: {message}")
    quotas = [violation.quota_id for detail in status.details for violation in detail.violations]
    quotas += [str(detail.metadata.get("quota_limit", "")) for detail in status.details]
    if any(map(_PER_DAY.search, quotas if any(quotas) else [status.message or body])):
        return ModelQuotaSpent("the model's daily quota is used up", after=QUOTA_WAIT_SECONDS)
    return ModelUnavailable("the model is throttled", after=_parse_delay(status, retry_after))


def _shorten(text: str) -> str:
    """Return the beginning of the text, cut between words, as redaction would not find half a key."""
    return text if len(text) <= _SHOWN else text[: _SHOWN + 1].rpartition(" ")[0]


def _parse_delay(status: _Status, retry_after: str) -> float | None:
    """Return the wait in seconds that RetryInfo or the header requests."""
    delays = [str(detail.retry_delay) for detail in status.details if detail.retry_delay] + [retry_after]
    match = _SECONDS.fullmatch(delays[0].strip())
    return float(match[1]) if match else None


def _parse(body: str) -> _Answer | None:
    try:
        raw = json.loads(body)
        if isinstance(raw, list) and len(raw) == 1:
            (raw,) = raw  # errors of streaming requests come in an array
        # JSON can contain unpaired surrogates, but UTF-8 cannot.
        return _Answer.model_validate_json(json.dumps(raw, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        return None
