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
    open_brackets: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in _CLOSES.values():
            open_brackets.append((token, match.start()))
        elif token in _UNCLOSED:
            return Place(_find_line(text, match.start()), f"{_UNCLOSED[token]} is not closed")
        elif token in _CLOSES and (not open_brackets or open_brackets.pop()[0] != _CLOSES[token]):
            return Place(_find_line(text, match.start()), f"{token} closes nothing")
    if not open_brackets:
        return None
    token, offset = open_brackets[-1]
    return Place(_find_line(text, offset), f"{token} is not closed")


def _find_line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _find_errors(text: str) -> Iterator[Any]:
    """Yield the error nodes of the style sheet, of its rules and of nested rules."""
    queue = deque(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))
    while queue:
        node = queue.popleft()
        if node.type == "error":
            yield node
        elif node.type == "qualified-rule" or (node.type == "at-rule" and node.content is not None):
            queue += tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
