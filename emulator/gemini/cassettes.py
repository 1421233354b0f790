"""Stored Gemini replies: YAML files that people write and read, loaded and checked at start."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, JsonValue, ValidationInfo, field_validator, model_validator

from agenticai.emulator.core.documents import read_document
from agenticai.emulator.core.errors import InvalidCassette
from agenticai.emulator.core.usage_records import Record
from agenticai.emulator.gemini.canonical import CanonicalRequest


class TokenCount(Record):
    """The token counts that the reply reports."""

    prompt_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)


class CassetteReply(Record):
    """A model's reply: its text, or an HTTP error with its body."""

    text: str | None = None
    finish_reason: str = "STOP"
    usage: TokenCount | None = None
    status: int = Field(default=200, ge=200, le=599)
    body: dict[str, JsonValue] | None = None

    @model_validator(mode="after")
    def _require_text_or_error(self) -> Self:
        if (self.text is None) == (self.body is None) or (self.body is None) != (self.status == 200):
            raise ValueError("a reply has either `text`, or a `status` other than 200 and a `body`")
        return self


class Cassette(Record):
    """A request and its reply; `bind` names parts of the request that may vary and that the reply repeats."""

    origin: Literal["authored", "recorded"]
    request: CanonicalRequest
    bind: dict[str, str] = Field(default={})
    reply: CassetteReply

    @field_validator("bind")
    @classmethod
    def _check_patterns(cls, bind: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        request = info.data.get("request")
        for name, pattern in bind.items():
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                raise ValueError(f"{name}: {error}") from error
            if groups != 1 or (request and not re.search(pattern, request.text)):
                raise ValueError(f"{name}: the pattern must have one group and match the request's text")
        return bind


@dataclass(frozen=True)
class StoredCassette:
    """A cassette with its file, and with the request in the form used for comparison."""

    path: Path
    cassette: Cassette
    request: CanonicalRequest


@dataclass(frozen=True)
class FoundReply:
    """The reply to a request, with the matches of its `bind` patterns filled in."""

    stored: StoredCassette
    values: dict[str, str]

    @property
    def text(self) -> str:
        """The reply's text."""
        text = self.stored.cassette.reply.text or ""
        for name, value in self.values.items():
            text = text.replace(f"${{{name}}}", value)
        return text


class CassetteStore:
    """All cassettes under a directory, found by the digest of their request."""

    def __init__(self, cassettes: tuple[StoredCassette, ...]) -> None:
        self.cassettes = cassettes
        self._by_bind: dict[tuple[tuple[str, str], ...], dict[str, StoredCassette]] = {}
        for stored in cassettes:
            same_bind = self._by_bind.setdefault(tuple(sorted(stored.cassette.bind.items())), {})
            other = same_bind.setdefault(stored.request.compute_digest(), stored)
            if other is not stored:
                raise InvalidCassette(f"{stored.path}: answers the same request as {other.path}: keep one of them.")

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read every `*.yaml` below the directory. Raises InvalidCassette, naming file and line."""
        if not directory.is_dir():
            raise InvalidCassette(f"There is no directory {directory} to read Gemini's replies from.")
        return cls(tuple(read_cassette(path) for path in sorted(directory.rglob("*.yaml"))))

    def find(self, request: CanonicalRequest) -> FoundReply | None:
        """Return the stored reply to this request."""
        for bind, stored in self._by_bind.items():
            bound, values = request.bind_values(dict(bind))
            if match := stored.get(bound.compute_digest()):
                return FoundReply(match, values)
        return None


def read_cassette(path: Path) -> StoredCassette:
    """Read one file. Raises InvalidCassette, naming file and line."""
    cassette = read_document(path, Cassette, InvalidCassette)
    return StoredCassette(path, cassette, cassette.request.bind_values(cassette.bind)[0])


class _Readable(yaml.SafeDumper):
    """Writes multi-line texts as literal blocks."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _represent_text)


def to_yaml(document: dict[str, Any]) -> str:
    """Return a cassette, or a part of one, as readable YAML."""
    return yaml.dump(document, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=1000)
