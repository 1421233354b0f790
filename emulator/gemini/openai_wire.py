"""Translates generateContent requests for OpenAI-compatible servers, and their answers to those of the Gemini API.

Ollama, llama.cpp, LM Studio and vLLM serve that API: https://platform.openai.com/docs/api-reference/chat. All their
variants are accepted: the location of thoughts, errors as objects or text, and the status codes of errors.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from agenticai.emulator.gemini.canonical import CanonicalRequest

_SETTINGS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
_LEFT_OUT: Final = frozenset(
    {"response_mime_type", "response_json_schema", "response_schema", "safety_settings", "top_k", "thinking_config"}
)
"""Settings that are translated separately, or that such servers lack and a reply does not depend on."""

_FINISHED: Final = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_STATUS: Final = {
    400: (400, "INVALID_ARGUMENT"),
    401: (403, "PERMISSION_DENIED"),
    403: (403, "PERMISSION_DENIED"),
    404: (404, "NOT_FOUND"),
    413: (400, "INVALID_ARGUMENT"),
    422: (400, "INVALID_ARGUMENT"),
    429: (429, "RESOURCE_EXHAUSTED"),
}
_PASSING: Final = frozenset({408, 409, 425})
"""4xx status codes after which to retry."""

_TOO_LONG: Final = re.compile(r"context.{0,40}\b(?:size|length|window)|exceed_context", re.IGNORECASE | re.DOTALL)
_FORMAT_REFUSED: Final = re.compile(r"response_format|json_?schema|json_object|grammar|guided", re.IGNORECASE)
_THOUGHTS: Final = re.compile(r"\A\s*(?:<think(?:ing)?>)?(?!\s*(?:\{|<file-))(.*?)</think(?:ing)?>\s*", re.DOTALL)
"""Thoughts before a reply; with some models the opening tag is part of the prompt template."""


class Untranslatable(ValueError):
    """The other API cannot express the request; the message names the part."""


def to_chat(request: CanonicalRequest, model: str, *, in_words: bool = False) -> dict[str, Any]:
    """Return the equivalent body of `POST chat/completions`.

    `in_words` puts the schema of the reply in the system message, for servers without `response_format`. Raises
    `Untranslatable`.
    """
    unknown = request.config.keys() - _SETTINGS.keys() - _LEFT_OUT
    if unknown:
        raise Untranslatable(f"An OpenAI-compatible server does not support {', '.join(sorted(unknown))}.")
    schema = _find_schema(request)
    wants_json = schema is not None or request.config.get("response_mime_type") == "application/json"
    system = [request.system] if request.system else []
    if in_words and wants_json:
        system.append(_describe_format(schema))
    messages = [{"role": "system", "content": "\n\n".join(system)}] if system else []
    for content in request.contents:
        if content.text is None:
            raise Untranslatable("Requests to an OpenAI-compatible server can contain only text.")
        messages.append({"role": "assistant" if content.role == "model" else "user", "content": content.text})
    settings = {name: request.config[key] for key, name in _SETTINGS.items() if key in request.config}
    shape = {"response_format": _build_format(schema)} if wants_json and not in_words else {}
    return {"model": model, "messages": messages, "stream": False, **settings, **shape}


def _build_format(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def _describe_format(schema: Mapping[str, Any] | None) -> str:
    prompt = "Answer with one JSON document and nothing else: no Markdown fence and no explanation."
    return prompt if schema is None else f"{prompt} It must be valid against this JSON schema:\n{json.dumps(schema)}"


def _find_schema(request: CanonicalRequest) -> Mapping[str, Any] | None:
    json_schema, gemini_schema = request.config.get("response_json_schema"), request.config.get("response_schema")
    if isinstance(json_schema, dict):
        return json_schema
    return _to_json_schema(gemini_schema) if isinstance(gemini_schema, dict) else None


def _to_json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema for one of the Gemini API, whose types are in capitals (ai.google.dev/api/caching)."""
    converted: dict[str, Any] = {key: value for key, value in schema.items() if key not in _OWN_KEYS}
    converted |= {_RENAMED[key]: value for key, value in schema.items() if key in _RENAMED}
    if isinstance(type_name := schema.get("type"), str):
        converted["type"] = [type_name.lower(), "null"] if schema.get("nullable") else type_name.lower()
    if isinstance(items := schema.get("items"), dict):
        converted["items"] = _to_json_schema(items)
    if isinstance(properties := schema.get("properties"), dict):
        converted["properties"] = {name: _to_json_schema(each) for name, each in properties.items()}
    if isinstance(options := schema.get("any_of"), list):
        converted["anyOf"] = [_to_json_schema(each) for each in options]
    return converted


_RENAMED: Final = {
    "max_items": "maxItems",
    "min_items": "minItems",
    "max_length": "maxLength",
    "min_length": "minLength",
    "max_properties": "maxProperties",
    "min_properties": "minProperties",
}
_OWN_KEYS: Final = {*_RENAMED, "type", "nullable", "property_ordering", "items", "properties", "any_of", "example"}


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, raw: Any) -> Any:
        return {name: value for name, value in raw.items() if value is not None} if isinstance(raw, dict) else raw


class _Message(_Wire):
    content: str = ""
    refusal: str = ""
    thoughts: str = Field(default="", validation_alias=AliasChoices("reasoning_content", "reasoning"))


class _Choice(_Wire):
    message: _Message = Field(default=_Message(), validation_alias=AliasChoices("message", "delta"))
    finish_reason: str = ""


class _Details(_Wire):
    reasoning_tokens: int = 0


class _Usage(_Wire):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    details: _Details = Field(default=_Details(), validation_alias="completion_tokens_details")


class Completion(_Wire):
    """A chat completion, or a part of a streamed one."""

    choices: tuple[_Choice, ...] = ()
    usage: _Usage = _Usage()
    error: Any = None


def read_completion(body: str, *, streamed: bool = False) -> Completion:
    """Return the completion in the body of a 200; `streamed` if it consists of server-sent events.

    Raises ValueError if it is not a completion.
    """
    if not streamed:
        return Completion.model_validate_json(body)
    lines = (line.removeprefix("data:").strip() for line in body.splitlines() if line.startswith("data:"))
    parts = [Completion.model_validate_json(line) for line in lines if line != "[DONE]"]
    if failed := next((part for part in parts if part.error is not None), None):
        return failed
    if not any(choice.finish_reason for part in parts for choice in part.choices):
        raise ValueError("the stream ended before the reply did")
    return _join(parts)


def _join(parts: list[Completion]) -> Completion:
    choices = [part.choices[0] for part in parts if part.choices]
    message: dict[str, Any] = {
        name: "".join(getattr(choice.message, name) for choice in choices)
        for name in ("content", "refusal", "thoughts")
    }
    reason = next((choice.finish_reason for choice in reversed(choices) if choice.finish_reason), "")
    choice = _Choice.model_construct(message=_Message.model_construct(**message), finish_reason=reason)
    usage = max((part.usage for part in parts), key=lambda used: used.completion_tokens, default=_Usage())
    return Completion.model_construct(choices=(choice,), usage=usage, error=None)


def to_gemini(completion: Completion, model: str) -> dict[str, Any]:
    """Return the completion as a GenerateContentResponse, with thoughts separate from the text."""
    usage, thought = completion.usage, completion.usage.details.reasoning_tokens
    counts = {
        "promptTokenCount": usage.prompt_tokens,
        "candidatesTokenCount": max(usage.completion_tokens - thought, 0),
        "thoughtsTokenCount": thought,
        "totalTokenCount": usage.prompt_tokens + usage.completion_tokens,
    }
    candidates = [_build_candidate(completion.choices[0])] if completion.choices else []
    return {"candidates": candidates, "usageMetadata": counts, "modelVersion": model}


def _build_candidate(choice: _Choice) -> dict[str, Any]:
    message, text = choice.message, choice.message.content or choice.message.refusal
    thinking = _THOUGHTS.match(text)
    thoughts = message.thoughts or (thinking[1].strip() if thinking else "")
    text = text[thinking.end() :] if thinking else text
    reason = "SAFETY" if message.refusal else _FINISHED.get(choice.finish_reason, "OTHER")
    parts = [*([{"text": thoughts, "thought": True}] if thoughts else []), *([{"text": text}] if text else [])]
    return {"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}


def to_google_status(status: int, message: str) -> tuple[int, str]:
    """Return the Gemini API's code and status for an error; some servers answer a bad request with 500."""
    if status in _STATUS:
        return _STATUS[status]
    if 400 <= status < 500 and status not in _PASSING:
        return 400, "INVALID_ARGUMENT"
    return (400, "INVALID_ARGUMENT") if _TOO_LONG.search(message) else (503, "UNAVAILABLE")


def find_error_message(body: str) -> str:
    """Return the message in the body of an error, in any server's format, or else the beginning of the body."""
    try:
        document = json.loads(body)
    except ValueError:
        return body[:500]
    error = document.get("error", document) if isinstance(document, dict) else document
    message = error.get("message") or error.get("detail") if isinstance(error, dict) else error
    return message if isinstance(message, str) and message else body[:500]


def refuses_format(status: int, message: str) -> bool:
    """Return whether a server's error says that it does not support reply schemas, or not this one."""
    return status in {400, 422, 500, 501} and bool(_FORMAT_REFUSED.search(message))
