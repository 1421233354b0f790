"""A program's output: its beginning and end, in characters that are safe to display anywhere."""

import unicodedata
from typing import Final

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format and private characters, surrogates, and line separators: terminals interpret some of them."""


class BoundedOutput:
    """Keeps the first and last bytes of a stream of any length, at most `limit`; the rest is only counted."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, chunk: bytes) -> None:
        """Add the next bytes."""
        self.total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        del self._tail[: -self._half]

    @property
    def left_out(self) -> int:
        """The number of bytes that were dropped between beginning and end."""
        return self.total - len(self._head) - len(self._tail)

    @property
    def whole(self) -> bytes:
        """All bytes that were kept."""
        return bytes(self._head + self._tail)

    @property
    def text(self) -> str:
        """The kept bytes as text that is safe to display, with a line for those that were dropped."""
        if not self.left_out:
            return escape_unprintable(self.whole)
        head, tail = escape_unprintable(bytes(self._head)), escape_unprintable(bytes(self._tail))
        return f"{head}\n... {self.left_out:,} bytes left out ...\n{tail}"


def escape_unprintable(content: bytes | str) -> str:
    """Return text that is safe to display: only printable characters, tabs and line ends are not escaped."""
    text = content.decode("utf-8", "backslashreplace") if isinstance(content, bytes) else content
    return escape(text.replace("\r\n", "\n"), keep="\n\t")


def escape(text: str, *, keep: str = "") -> str:
    """Return the text with every unprintable character as an escape such as \\x1b, except those in `keep`."""
    if text.isprintable():  # most are: then no character is in these categories
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if char not in keep and unicodedata.category(char) in _UNSAFE
        else char
        for char in text
    )
