"""Finds the nearest stored request for a request without a stored reply, and the differences."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore, StoredCassette, to_yaml


@dataclass(frozen=True)
class Nearest:
    """The stored request that shares the most lines with the incoming one.

    `field` and `line` locate the first difference; `diff` has all differences, - stored, + sent.
    """

    stored: StoredCassette
    field: str
    line: int
    diff: str


def find_nearest(store: CassetteStore, request: CanonicalRequest) -> Nearest | None:
    """Return the nearest of all cassettes, or None if there are none."""
    stored = max(store.cassettes, key=lambda stored: compare(request, stored), default=None)
    return _describe_difference(stored, request.bind_values(stored.cassette.bind)[0]) if stored else None


def compare(request: CanonicalRequest, stored: StoredCassette) -> float:
    """Return the similarity of a request and a stored one, from 0 to 1: the share of common lines of fields."""
    bound = request.bind_values(stored.cassette.bind)[0]
    return difflib.SequenceMatcher(None, _list_lines(bound), _list_lines(stored.request), autojunk=False).ratio()


def _list_lines(request: CanonicalRequest) -> list[str]:
    fields = list_fields(request.to_document())
    return [f"{field}: {' '.join(line.split())}" for field, text in fields for line in text.splitlines()]


def _describe_difference(stored: StoredCassette, sent: CanonicalRequest) -> Nearest:
    before, after = dict(list_fields(stored.request.to_document())), dict(list_fields(sent.to_document()))
    names = [*before, *(name for name in after if name not in before)]
    differing = (name for name in names if before.get(name, "").split() != after.get(name, "").split())
    field = next(differing, "contents")
    old, new = before.get(field, "").splitlines(), after.get(field, "").splitlines()
    equal_lines = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return Nearest(stored, field, equal_lines + 1, _diff(stored.request, sent))


def _diff(stored: CanonicalRequest, sent: CanonicalRequest) -> str:
    """Return the line-by-line diff of both requests in their YAML form."""
    before, after = (to_yaml(request.to_document()).splitlines() for request in (stored, sent))
    return "\n".join(list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:])


def list_fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every leaf of a document with its path, such as `contents.0.text`."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from list_fields(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from list_fields(item, f"{path}.{index}")
    else:
        yield path, str(value)
