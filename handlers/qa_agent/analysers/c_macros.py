"""Removes macros of C and C++ that the file does not define, which it recognises by name and position."""

import re
from typing import Final

from qa_agent.analysers.c_source import Source, Token

_SHOUTED: Final = re.compile(r"_{0,2}[A-Z][A-Z0-9_]{2,}")
_STARTS: Final = frozenset({";", "{", "}"})

# What compilers accept and the grammars do not (left), and its replacement (right).
_GAPS: Final = (
    (re.compile(r"\busing\s+typename\b"), "using"),
    (re.compile(r"(\bva_arg\s*\([^(),]*,)[^()]*(?:\([^()]*\)[^()]*)*\)"), r"\1 0)"),
    (re.compile(r"\b(?:_Complex|_Imaginary|complex|imaginary)(?=\s+(?:float|double|long)\b)"), ""),
    (re.compile(r"(\b(?:float|double)\s+)(?:_Complex|_Imaginary|complex|imaginary)\b"), r"\1"),
    (
        re.compile(
            r"((?:->|\.|\bthis->)\s*(?:template\s+)?(?:\w+\s*::\s*)*)operator\s*(?:\(\s*\)|\[\s*\]|[^\w\s()\[\]{};]{1,3})(?=\s*\()"
        ),
        r"\1f",
    ),
    (re.compile(r"\b(?:PRI|SCN)[diouxX]\w+"), '""'),
    (re.compile(r"\bdecltype\s*\([^()]*\)\s*\{"), "T{"),
    (re.compile(r"(\bnew\s+[\w:<>]+)\s*\*+\s*\["), r"\1["),
    (re.compile(r"^[ \t]*(?:export\s+)?(?:module|import)\b[^;\n]*;", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*export\s+", re.MULTILINE), ""),
    (re.compile(r"(\bcase\s[^:;\n]*?)\.\.\."), r"\1+"),
)


def looks_like_macro(name: str) -> bool:
    """Return whether a name follows the naming convention for macros."""
    return bool(_SHOUTED.fullmatch(name))


def fill_gaps(text: str) -> str:
    """Return the text with constructs replaced that compilers accept but the grammar does not."""
    for pattern, replacement in _GAPS:
        text = pattern.sub(replacement, text)
    return text


def remove_macros(source: Source) -> tuple[str, frozenset[int]]:
    """Remove apparent macros that make the code unparsable; return the text and the lines of the macros.

    `TEST_CASE("name") {` becomes `if(1) {`; `EXPORT void f()` and `DECLARE(x)` on a line of its own lose the macro.
    """
    tokens = source.tokens
    solid = source.solid
    texts = [token.text for token in tokens]
    lines: set[int] = set()
    position = 0
    while position < len(solid):
        end, replacement = _parse_macro(source, solid, position)
        if replacement is not None:
            lines.add(tokens[solid[position]].line)
            for index in range(solid[position], solid[end - 1] + 1):
                texts[index] = "\n" * texts[index].count("\n")
            texts[solid[position]] = replacement + texts[solid[position]]
        position = end
    return "".join(texts), frozenset(lines)


def _parse_macro(source: Source, solid: list[int], position: int) -> tuple[int, str | None]:
    """Return the index after the token or macro at `position`, and the macro's replacement; None if it stays."""
    token = source.tokens[solid[position]]
    if token.kind != "name" or token.text in source.types:
        return position + 1, None
    if not (looks_like_macro(token.text) or token.text in source.macros):
        return position + 1, None
    end = _skip_arguments(source.tokens, solid, position + 1)
    before = source.tokens[solid[position - 1]] if position else Token("other", ";", 0)
    after = source.tokens[solid[end]] if end < len(solid) else Token("close", "}", 0)
    if end > position + 1:
        return _replace_call(before, after, end)
    if after.text == "{" and before.text in _STARTS:
        return position + 1, "if(1)"
    stands_alone = before.text in _STARTS and after.text == "}"
    trails = before.text == ")" and after.text in {"{", ";", "="}
    return position + 1, "" if after.kind == "name" or stands_alone or trails else None


def _replace_call(before: Token, after: Token, end: int) -> tuple[int, str | None]:
    if after.text == "{" and before.text in {*_STARTS, ")", ":", "else"}:
        return end, "if(1)"
    return end, "" if after.kind == "name" or after.text in {"}", "{"} else None


def _skip_arguments(tokens: list[Token], solid: list[int], position: int) -> int:
    """Return the index after the bracketed arguments that begin at `position`; `position` itself if there are none."""
    if position >= len(solid) or tokens[solid[position]].text != "(":
        return position
    depth = 0
    for index in range(position, len(solid)):
        kind = tokens[solid[index]].kind
        depth += (kind == "open") - (kind == "close")
        if depth == 0:
            return index + 1
    return position
