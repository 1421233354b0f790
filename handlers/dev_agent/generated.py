"""What is read out of a model's reply: files, or why there are none."""

import io
import re
from typing import Final, NamedTuple

_NOT_A_TAB: Final = re.compile(r"[^\t]")


class GeneratedFile(NamedTuple):
    """A file as a reply holds it."""

    path: str
    content: str


class MalformedReply(ValueError):
    """The reply cannot be read without guessing; the message tells the model what is wrong with it."""


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends. Only a line feed ends one: form feeds and Unicode's separators are content."""
    return list(io.StringIO(text, newline="\n"))


def unindent(lines: list[str], indent: str) -> list[str]:
    """Return the lines without the indent of the mark above them, if each has it; else as they are.

    A list marker in the indent counts as spaces, since what belongs to a list item is indented by its width.
    """
    margin = _NOT_A_TAB.sub(" ", indent)
    if not margin or not all(line.startswith(margin) or not line.strip() for line in lines):
        return lines
    return [line[len(margin) :] if line.startswith(margin) else line.lstrip(" \t") for line in lines]
