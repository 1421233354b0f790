"""The canonical form of a generateContent request, which equal requests share, and its digest."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from agenticai.emulator.core.usage_records import Record

# Enum names by number, as the old SDK sends numbers (google/ai/generativelanguage/v1beta: content, safety).
_ENUMS: dict[str, tuple[str, ...]] = {
    "type": ("TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"),
    "category": tuple(
        f"HARM_CATEGORY_{name}"
        for name in (
            *("UNSPECIFIED", "DEROGATORY", "TOXICITY", "VIOLENCE", "SEXUAL", "MEDICAL", "DANGEROUS", "HARASSMENT"),
            *("HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY"),
        )
    ),
    "threshold": (
        *("HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH"),
        *("BLOCK_NONE", "OFF"),
    ),
    "mode": ("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"),
}
_DEFAULTS: dict[str, JsonValue] = {"candidate_count": 1, "response_mime_type": "text/plain"}
_VERBATIM = frozenset({"response_json_schema", "parameters_json_schema", "args"})
_NAMES_OF_USERS = frozenset({"properties", "defs"})


class MalformedRequest(ValueError):
    """The body is not a valid generateContent request; the message is worded like Google's."""


def _normalize(value: Any, key: str = "") -> Any:
    """Normalize a value: snake-case keys, enum names, tidy texts, and no fields with default values."""
    if key in _VERBATIM:
        return value
    if isinstance(value, dict):
        renamed = {k if key in _NAMES_OF_USERS else _to_snake_case(k): v for k, v in value.items()}
        fields = {k: _normalize(v, k) for k, v in renamed.items()}
        return {k: v for k, v in fields.items() if not _is_default(k, v)}
    if isinstance(value, list):
        return [_normalize(item, key) for item in value]
    return _normalize_scalar(value, key)


def _normalize_scalar(value: JsonValue, key: str) -> JsonValue:
    if key in _ENUMS and isinstance(value, int | str) and not isinstance(value, bool):
        names = _ENUMS[key]
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else str(value).upper()
    if isinstance(value, str):
        return _tidy(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_default(key: str, value: JsonValue) -> bool:
    return value is None or value is False or value in ("", [], {}) or (key in _DEFAULTS and value == _DEFAULTS[key])


def _to_snake_case(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()


def _tidy(text: str) -> str:
    """Strip trailing white space from lines, which a literal block in YAML cannot hold."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _collapse(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _collapse(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_collapse(item) for item in value]
    return " ".join(value.split()) if isinstance(value, str) else value


def _replace(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replace(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, values) for item in value]
    if isinstance(value, str):
        for name, text in values.items():
            value = value.replace(text, f"${{{name}}}")
    return value


Text = Annotated[str, AfterValidator(_tidy)]
Config = Annotated[dict[str, JsonValue], AfterValidator(_normalize)]


class Content(Record):
    """One turn: its text, or its parts if there are several or some are not text."""

    role: str = "user"
    text: Text | None = None
    parts: tuple[JsonValue, ...] = ()

    @model_validator(mode="after")
    def _require_one_of_both(self) -> Self:
        if (self.text is None) == (not self.parts):
            raise ValueError("a content has either `text` or `parts`")
        return self


class CanonicalRequest(Record):
    """All that a reply depends on. Texts keep their line breaks for readers; the digest normalizes white space."""

    model: str
    system: Text = ""
    contents: tuple[Content, ...]
    config: Config = Field(default={})

    @property
    def text(self) -> str:
        """All text for the model: the system instruction and the texts of the contents."""
        return "\n".join([self.system, *(content.text or json.dumps(content.parts) for content in self.contents)])

    def to_document(self) -> dict[str, Any]:
        """Return the request as in a cassette, with set fields only."""
        return self.model_dump(mode="json", exclude_defaults=True) | {
            "contents": [
                {"role": content.role} | content.model_dump(mode="json", exclude_defaults=True)
                for content in self.contents
            ]
        }

    def compute_digest(self) -> str:
        """Return the digest, which ignores white space, key order, enum numbers and explicit defaults."""
        text = json.dumps(_collapse(self.to_document()), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def bind_values(self, bind: Mapping[str, str]) -> tuple["CanonicalRequest", dict[str, str]]:
        """Replace what each pattern's group matches in the text by `${name}`; return the matches as well."""
        values = {name: match.group(1) for name, pattern in bind.items() if (match := re.search(pattern, self.text))}
        return CanonicalRequest.model_validate(_replace(self.to_document(), values)), values


def parse_canonical_request(model: str, body: JsonValue) -> CanonicalRequest:
    """Read the JSON body of `POST models/{model}:generateContent`.

    See https://ai.google.dev/api/generate-content. Raises MalformedRequest.
    """
    if not isinstance(body, dict):
        raise MalformedRequest("Invalid JSON payload received. Root element must be a message.")
    fields = _normalize(body)
    contents = fields.pop("contents", None)
    if not isinstance(contents, list):
        raise MalformedRequest("* GenerateContentRequest.contents: contents is not specified")
    system = fields.pop("system_instruction", None)
    generation = fields.pop("generation_config", {})
    return CanonicalRequest(
        model=model.removeprefix("models/"),
        system="\n".join(_list_texts(system)),
        contents=tuple(_parse_content(content) for content in contents),
        config=fields | generation,
    )


def _parse_content(content: JsonValue) -> Content:
    parts = _list_parts(content)
    if not isinstance(content, dict) or not parts:
        raise MalformedRequest("* GenerateContentRequest.contents: contents.parts must not be empty.")
    role, texts = str(content.get("role", "user")), _list_texts(content)
    if len(parts) == len(texts) == 1:
        return Content(role=role, text=texts[0])
    return Content(role=role, parts=tuple(parts))


def _list_texts(content: JsonValue) -> list[str]:
    return [str(part["text"]) for part in _list_parts(content) if isinstance(part, dict) and part.keys() == {"text"}]


def _list_parts(content: JsonValue) -> list[JsonValue]:
    parts = content.get("parts") if isinstance(content, dict) else None
    return parts if isinstance(parts, list) else []
