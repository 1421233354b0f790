"""The language model port on Google's `google-genai` SDK."""

from typing import TYPE_CHECKING, Any, Final

from shared.language_model.port import (
    FinishReason,
    ModelQuotaSpent,
    ModelUnavailable,
    ModelUnusable,
    Prompt,
    Remaining,
    Reply,
)
from shared.models.project import TokenUsage

if TYPE_CHECKING:
    from google.genai import Client, errors, types

RESERVE_SECONDS: Final = 15.0
"""Left of the function's time for storing what the model said."""

QUOTA_WAIT_SECONDS: Final = 3600.0
_BLOCKED: Final = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY", "MODEL_ARMOR"}
)


class GoogleGenaiModel:
    """Gemini, over the Developer API's `generateContent`."""

    def __init__(self, api_key: str, model: str, endpoint: str | None = None) -> None:
        self._api_key = api_key
        self._model = model
        self._endpoint = endpoint
        self._connected: Client | None = None

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        from google.genai import errors
        from httpx2 import HTTPError

        seconds = remaining() - RESERVE_SECONDS
        if seconds <= 0:
            raise ModelUnavailable("no time is left to ask the model")
        try:
            response = self._client().models.generate_content(
                model=self._model, contents=prompt.text, config=_config(prompt, seconds)
            )
        except errors.APIError as error:
            raise _failure(error) from error
        except (HTTPError, TimeoutError, ConnectionError) as error:
            raise ModelUnavailable(f"the model did not answer: {type(error).__name__}") from error
        return _reply(response)

    def _client(self) -> "Client":
        # Imported and built on first use: the SDK takes most of a second of a cold start.
        if self._connected is None:
            from google.genai import Client, types

            self._connected = Client(api_key=self._api_key, http_options=types.HttpOptions(base_url=self._endpoint))
        return self._connected


def _config(prompt: Prompt, seconds: float) -> "types.GenerateContentConfig":
    from google.genai import types

    shape: dict[str, Any] = {}
    if prompt.schema is not None:
        shape = {"response_mime_type": "application/json", "response_json_schema": dict(prompt.schema)}
    return types.GenerateContentConfig(
        system_instruction=prompt.system,
        http_options=types.HttpOptions(timeout=int(seconds * 1000)),
        **shape,
    )


def _reply(response: "types.GenerateContentResponse") -> Reply:
    usage = response.usage_metadata
    tokens = TokenUsage(
        calls=1,
        prompt_tokens=(usage.prompt_token_count or 0) if usage else 0,
        output_tokens=((usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)) if usage else 0,
    )
    if not response.candidates:
        feedback = response.prompt_feedback
        reason = feedback.block_reason.value if feedback and feedback.block_reason else "no candidates"
        return Reply("", FinishReason.BLOCKED, tokens, reason)
    candidate = response.candidates[0]
    parts = candidate.content.parts or [] if candidate.content else []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    named = candidate.finish_reason.value if candidate.finish_reason else "none"
    return Reply(text, _finish_reason(named), tokens, named)


def _finish_reason(named: str) -> FinishReason:
    if named in {"STOP", "MAX_TOKENS"}:
        return FinishReason(named)
    return FinishReason.BLOCKED if named in _BLOCKED else FinishReason.OTHER


def _failure(error: "errors.APIError") -> Exception:
    """The SDK's error as what the worker contract can act on."""
    if error.code == 429:
        details = str(error.details)
        if "PerDay" in details:
            return ModelQuotaSpent("the model's daily quota is used up", after=QUOTA_WAIT_SECONDS)
        return ModelUnavailable("the model is throttled", after=_retry_delay(error.details))
    if error.code >= 500 or error.code in {408, 499}:
        return ModelUnavailable(f"the model answered {error.code} {error.status}")
    return ModelUnusable(f"the model refused the request ({error.code} {error.status}): {error.message}")


def _retry_delay(details: Any) -> float | None:
    """RetryInfo's delay in seconds, if the error holds one."""
    listed = details.get("error", {}).get("details", []) if isinstance(details, dict) else []
    for detail in listed:
        delay = str(detail.get("retryDelay", ""))
        if delay.endswith("s") and delay[:-1].replace(".", "", 1).isdigit():
            return float(delay[:-1])
    return None
