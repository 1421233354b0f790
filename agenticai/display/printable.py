"""Text of unknown origin made safe to print: nothing in it moves the cursor, hides, or turns the writing around."""

import unicodedata
from typing import Final

_ESCAPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format and private characters, halves of surrogate pairs, and separators of lines."""


def printable(text: str) -> str:
    """The text on one line, with every character that is not one to be seen as an escape such as \\x1b."""
    return "".join(c.encode("unicode_escape").decode() if unicodedata.category(c) in _ESCAPED else c for c in text)


def printable_lines(text: str) -> list[str]:
    """The lines of a text, each printable."""
    return [printable(line) for line in text.split("\n")]
