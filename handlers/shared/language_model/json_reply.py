"""Reads the JSON in a model's reply: bare, in a code fence, or surrounded by prose; it is never repaired.

A repaired reply would look plausible, but completing a cut string or a missing bracket makes up the rest.
"""

import json
import re
from collections import Counter
from typing import Final, NoReturn

# A fence around JSON, and the start of an object, as opposed to a brace in prose.
_FENCED: Final = re.compile(
    r"^[ \t]*(?:```|~~~)[ \t]*(?:json[\w-]*)?[ \t]*\n\s*(?=[{\[])", re.IGNORECASE | re.MULTILINE
)
_OBJECT: Final = re.compile(r"\{(?=\s*[\"}])")
_ARRAY: Final = re.compile(r"\[\s*(?:[\[{\"\]\d-]|true\b|false\b|null\b)")
_SHOWN: Final = 40


def read_json(text: str) -> object:
    """Return the only JSON value, an object or an array, in a reply.

    It is the whole text, or at the start of a code fence, or the first object in prose. Raises ValueError, with a
    message for the model, if there is none, if it is malformed (the message says where), if another follows, or if an
    object repeats a member.
    """
    text = text.removeprefix("\ufeff").strip()
    start = _find_start(text)
    value, end = _decode(text, start)
    if other := _FENCED.search(text, end) or _OBJECT.search(text, end):
        raise ValueError(
            f"there is more JSON after the first, {_describe_position(text, other.end())}: answer with one object"
        )
    return value


def _find_start(text: str) -> int:
    if text.startswith("{") or _ARRAY.match(text):
        return 0
    match = _FENCED.search(text)
    if match:
        return match.end()
    match = _OBJECT.search(text)
    if match:
        return match.start()
    raise ValueError(
        f"there is no JSON object in the answer, which begins {text[:_SHOWN]!r}" if text else "the answer is empty"
    )


def _decode(text: str, start: int) -> tuple[object, int]:
    try:
        return json.JSONDecoder(
            parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicate_members
        ).raw_decode(text, start)
    except json.JSONDecodeError as error:
        is_cut = error.msg.startswith("Unterminated string") or not text[error.pos :].strip("`~ \t\r\n")
        problem = "the JSON is cut off" if is_cut else f"the JSON is broken: {error.msg}"
        raise ValueError(
            f"{problem}, {_describe_position(text, error.pos)}, after {text[: error.pos][-_SHOWN:]!r}"
        ) from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_duplicate_members(members: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object. Raises ValueError if members repeat, as only the last value would be kept."""
    repeated = [name for name, count in Counter(name for name, _ in members).items() if count > 1]
    if repeated:
        raise ValueError(f"an object has more than one member {repeated[0]!r}")
    return dict(members)


def _describe_position(text: str, position: int) -> str:
    before = text[:position]
    return f"line {before.count(chr(10)) + 1} column {position - before.rfind(chr(10))}"
