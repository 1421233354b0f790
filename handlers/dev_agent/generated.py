"""What a model's reply is parsed into: files, or the error that says why there are none."""

import ast
import io
import re
import warnings
from typing import Final, NamedTuple

from shared.source_files import detect_language

_NOT_A_TAB: Final = re.compile(r"[^\t]")


class GeneratedFile(NamedTuple):
    """A file in a reply."""

    path: str
    content: str


class MalformedReply(ValueError):
    """The reply cannot be read without guessing; the message tells the model what is wrong."""


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends. Only a line feed ends a line; form feeds and Unicode separators are content."""
    return list(io.StringIO(text))


def unindent(lines: list[str], indent: str) -> list[str]:
    """Return the lines without the indent of the mark above them if all have it; else unchanged.

    A list marker in the indent counts as spaces, since the content of a list item is indented by its width.
    """
    margin = _NOT_A_TAB.sub(" ", indent)
    if not margin or not all(line.startswith(margin) or not line.strip() for line in lines):
        return lines
    return [line[len(margin) :] if line.startswith(margin) else line.lstrip(" \t") for line in lines]


def is_unfinished(path: str, content: str) -> bool:
    """Return whether code visibly ends too early: a brace or comment is open, or Python cannot parse it."""
    if detect_language(path) == "python":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ast.parse(content)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return True
        return False
    return any(content.count(opened) > content.count(closed) for opened, closed in (("{", "}"), ("/*", "*/")))
