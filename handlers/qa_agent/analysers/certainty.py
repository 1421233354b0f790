"""Decides whether code is certainly wrong where a grammar stopped: no version of the language allows two neighbours."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import Final

from tree_sitter import Node

# Tokens that need an operand after them, and tokens that end an expression.
_OPEN_ENDED: Final = frozenset({"=", "+=", "-=", "*=", "/=", "%=", ":=", "==", "===", "!=", "!==", "||", "??"})
_ENDS: Final = frozenset({";", ")", "]", "}", "=", ""})
_CUT: Final = re.compile(r"[^\w\s;)\]}\"'`>?/*!]|[=.,+-]")
"""The last character of an incomplete file in any language: an operator, a comma or an open bracket."""

_NUMBER: Final = re.compile(r"\d[\w.]*")
_LITERAL: Final = re.compile(r"""\d[\w.]*|["'].*""", re.DOTALL)
_OPERAND: Final = re.compile(r"""[a-z_]\w*|\d[\w.]*|["'].*""", re.DOTALL)
_WORD_OPERATORS: Final = frozenset({"in", "of", "as", "is", "if", "instanceof", "satisfies", "and", "or", "not", "xor"})
_QUOTES: Final = frozenset({'"', '"""', "'", "`"})
_LONE_APOSTROPHES: Final = frozenset({"rust"})
_PREPROCESSED: Final = frozenset({"c", "cpp"})
_NEED_SEMICOLONS: Final = frozenset({"java", "rust", *_PREPROCESSED})


class Tokens:
    """The tokens of a file that a grammar could not read completely."""

    def __init__(self, grammar: str, nodes: Iterable[Node], content: bytes) -> None:
        self._grammar = grammar
        self._content = content
        tokens = [node for node in nodes if not node.child_count and "comment" not in node.type]
        self.have_stray_quote = self._has_stray_quote(tokens)
        self._leaves = [node for node in tokens if node.end_byte > node.start_byte]
        self._starts = [node.start_byte for node in self._leaves]

    def are_wrong_at(self, fault: Node) -> bool:
        """Return whether two neighbouring tokens at the fault, or just before or after it, exclude each other."""
        first = max(0, bisect_left(self._starts, fault.start_byte) - 1)
        last = bisect_left(self._starts, max(fault.end_byte, fault.start_byte))
        if fault.is_missing and fault.type == ";" and self._lacks_semicolon(first):
            return True
        return any(self._exclude_each_other(index) for index in range(first, min(last, len(self._leaves))))

    def _has_stray_quote(self, tokens: Iterable[Node]) -> bool:
        """Return whether a quote is unmatched: it is missing, or an odd number of quotes are outside strings."""
        quotes = [node for node in tokens if node.type in _QUOTES]
        stray = Counter(node.type for node in quotes if node.parent is not None and node.parent.is_error)
        if self._grammar in _LONE_APOSTROPHES:
            del stray["'"]
        return any(count % 2 for count in stray.values()) or any(node.is_missing for node in quotes)

    def _exclude_each_other(self, index: int) -> bool:
        left, between, right = self._get_pair(index)
        if between.strip() or self._get_text(index - 1) == "operator":
            return False
        if not right:
            return bool(_CUT.fullmatch(left[-1:])) or (left.isalpha() and not self._leaves[index].is_named)
        if left in _OPEN_ENDED and right in _ENDS:
            return self._grammar not in _PREPROCESSED or right in {";", "}", "="}
        if (left, right) == (":", "="):
            return True
        together = _NUMBER.fullmatch(left) and _OPERAND.fullmatch(right) and right not in _WORD_OPERATORS
        return bool(together) and "\n" not in between and bool(between)

    def _lacks_semicolon(self, index: int) -> bool:
        """Return whether a statement ends, at a line's end or before `}`, without its mandatory semicolon.

        In C, a macro may be the reason, unless the statement ends with a literal.
        """
        if self._grammar not in _NEED_SEMICOLONS:
            return False
        left, between, right = self._get_pair(index)
        return (right == "}" or "\n" in between) and (
            self._grammar not in _PREPROCESSED or bool(_LITERAL.fullmatch(left))
        )

    def _get_pair(self, index: int) -> tuple[str, str, str]:
        """Return a token, the text between it and the next token, and the next token ("" at the end of the file)."""
        end = self._leaves[index].end_byte if 0 <= index < len(self._leaves) else 0
        start = self._starts[index + 1] if index + 1 < len(self._starts) else len(self._content)
        return self._get_text(index), self._content[end:start].decode("utf-8", "replace"), self._get_text(index + 1)

    def _get_text(self, index: int) -> str:
        if not 0 <= index < len(self._leaves):
            return ""
        node = self._leaves[index]
        return self._content[node.start_byte : node.end_byte].decode("utf-8", "replace")
