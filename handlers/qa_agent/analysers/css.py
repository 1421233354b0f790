"""Parses CSS with tinycss2; brackets are counted separately, as CSS closes them implicitly at the end of a file."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final

import tinycss2

from qa_agent.analysers.syntax import Place

_TOKEN: Final = re.compile(
    r"""/\*.*?\*/
      | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | \burl\(\s*[^"')\s][^)]*\) | /\* | \\. | [(\[{)\]}"'] """,
    re.VERBOSE | re.DOTALL,
)
_CLOSES: Final = {")": "(", "]": "[", "}": "{"}
_UNCLOSED: Final = {"/*": "a comment", '"': "a string", "'": "a string"}


def parse(text: str) -> Iterable[Place]:
    """Parse CSS Syntax Level 3 with nesting."""
    fault = _check_brackets(text)
    if fault:
        return (fault,)
    return [Place(node.source_line, node.message) for node in _find_errors(text)]


def _check_brackets(text: str) -> Place | None:
    opened: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in _CLOSES.values():
            opened.append((mark, match.start()))
        elif mark in _UNCLOSED:
            return Place(_line(text, match.start()), f"{_UNCLOSED[mark]} is not closed")
        elif mark in _CLOSES and (not opened or opened.pop()[0] != _CLOSES[mark]):
            return Place(_line(text, match.start()), f"{mark} closes nothing")
    if not opened:
        return None
    mark, at = opened[-1]
    return Place(_line(text, at), f"{mark} is not closed")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _find_errors(text: str) -> Iterator[Any]:
    """Yield the error nodes of the style sheet, of its rules and of nested rules."""
    waiting = deque(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))
    while waiting:
        node = waiting.popleft()
        if node.type == "error":
            yield node
        elif node.type == "qualified-rule" or (node.type == "at-rule" and node.content is not None):
            waiting += tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
