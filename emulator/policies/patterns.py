"""Matches the patterns of policies, with wildcards and with variables that have values of a call.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

import functools
import re
from collections.abc import Callable, Sequence
from typing import Final

Value = str | Sequence[str] | None
Lookup = Callable[[str], Value]
"""Returns a call's value of a condition key, ignoring case; None if the call does not have the key."""

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, each with whether its wildcards are literal, because it is the value of a variable."""

VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
DEFAULT: Final = re.compile(r"([^,]+?)\s*,\s*'(.*)'")
ARN_PARTS: Final = 6


def fill_in(text: str, lookup: Lookup | None) -> Pieces | None:
    """Substitute a text's variables; return None if the call lacks one. Without `lookup`, `${` is literal."""
    if lookup is None or "${" not in text:
        return ((text, False),)
    pieces = []
    for index, part in enumerate(VARIABLE.split(text)):
        value = _find_value(part, lookup) if index % 2 else part
        if value is None:
            return None
        pieces.append((value, index % 2 == 1))
    return tuple(pieces)


def join_pieces(pieces: Pieces) -> str:
    """Return the text of these pieces, for comparisons without wildcards."""
    return "".join(text for text, _ in pieces)


def matches(actual: str, pieces: Pieces, *, ignore_case: bool = False) -> bool:
    """Return whether a text matches a pattern: `*` matches any characters, `?` exactly one."""
    return _compile(pieces, ignore_case=ignore_case).fullmatch(actual) is not None


def matches_arn(actual: str, pieces: Pieces) -> bool:
    """Return whether an ARN matches a pattern, comparing each of the six parts separately.

    See "Amazon Resource Name (ARN) condition operators" in
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
    """
    actual_parts, pattern_parts = actual.split(":", ARN_PARTS - 1), _split_arn(pieces)
    if pattern_parts == ((("*", False),),):
        return True
    return len(actual_parts) == len(pattern_parts) == ARN_PARTS and all(map(matches, actual_parts, pattern_parts))


def _split_arn(pieces: Pieces) -> tuple[Pieces, ...]:
    """Split a pattern at its first five colons, including those in the values of variables."""
    parts: list[list[tuple[str, bool]]] = [[]]
    for text, literal in pieces:
        first, *others = text.split(":", ARN_PARTS - len(parts))
        parts[-1].append((first, literal))
        parts.extend([(each, literal)] for each in others)
    return tuple(tuple(part) for part in parts)


@functools.lru_cache(8_192)
def _compile(pieces: Pieces, *, ignore_case: bool) -> re.Pattern[str]:
    pattern = "".join(
        re.escape(text) if literal else re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
        for text, literal in pieces
    )
    return re.compile(pattern, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _find_value(name: str, lookup: Lookup) -> str | None:
    """Return the value of a variable: a key's single value, its default, or the character that it escapes."""
    if name in ("*", "?", "$"):
        return name
    match = DEFAULT.fullmatch(name)
    key, default = match.groups() if match else (name, None)
    value = lookup(key.strip())
    return value if isinstance(value, str) else default
