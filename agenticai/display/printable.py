"""Text of unknown origin made safe to print: nothing in it moves the cursor, hides, or turns the writing around."""

import unicodedata
from typing import Final

_ESCAPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format and private characters, halves of surrogate pairs, and separators of lines."""


def readable(text: str) -> str:
    """Return the text of an argument or a path, with bytes in it that Python did not decode read as UTF-8, if they are.

    Python keeps them as halves of surrogate pairs where the locale's encoding is ASCII (PEP 383).
    """
    try:
        return text.encode(errors="surrogateescape").decode()
    except UnicodeError:
        return text


def printable(text: str) -> str:
    """The text on one line, with every character that is not one to be seen as an escape such as \\x1b."""
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _ESCAPED else c for c in readable(text)
    )


def printable_lines(text: str) -> list[str]:
    """The lines of a text, each printable."""
    return [printable(line) for line in text.split("\n")]
