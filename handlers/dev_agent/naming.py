"""Recognises file names in a reply: in a heading above a block, its first line, or its info string."""

import re
from collections.abc import Iterable
from typing import Final

from shared.source_files import TEXT, detect_language

_LONGEST_LINE: Final = 400
_DECORATION: Final = re.compile(r"[*`\"']")
_LEADING: Final = re.compile(r"^(?:#+\s*|[-+>]\s+|\d{1,3}[.)]\s+)*")
_LABEL: Final = re.compile(r"^(?:(?:new|updated) )?(?:file|path|code)(?: ?(?:name|path))?:\s*", re.IGNORECASE)
_COMMENT_OPENERS: Final = ("<!--", "/*", "//", "#", ";")
_COMMENT_CLOSERS: Final = ("-->", "*/")
_BETWEEN_WORDS: Final = re.compile(r"[\s\"'`*=:{},;<>|()\[\]]+")


class Names:
    """The paths that a task expects, and the ways in which a reply may name them.

    A name matches a path if it is equal, or differs only in a leading `./` or in missing or additional leading folders,
    and matches no other expected path.
    """

    def __init__(self, expected: Iterable[str]) -> None:
        self.expected = tuple(dict.fromkeys(expected))

    def find_alone(self, line: str) -> str | None:
        """Return the path if the line has only its name, perhaps as a heading, in bold, in a list, or after "File:"."""
        return next(filter(None, map(self._match_path, _strip_marks(line))), None)

    def find_alone_in_comment(self, line: str) -> str | None:
        """Return the path if the line has only its name, as a comment in some language or as it is."""
        return self.find_alone(_uncomment(line))

    def find_in_info(self, info: str) -> str | None:
        """Return the path in a fence's info string, such as `python app/x.py`, `python:app/x.py` or `title="x.py"`."""
        paths = {path for word in split_words(info[:_LONGEST_LINE]) if (path := self._match_path(word))}
        return paths.pop() if len(paths) == 1 else None

    def _match_path(self, name: str) -> str | None:
        """Return the one expected path that a name matches."""
        name = name.removeprefix("./")
        if name in self.expected:
            return name
        matches = [path for path in self.expected if path.endswith(f"/{name}") or name.endswith(f"/{path}")]
        return matches[0] if len(matches) == 1 and looks_like_a_path(name) else None


def is_named(line: str) -> bool:
    """Return whether the line, or comment, has only the name of some source file."""
    return any(
        looks_like_a_path(text) and detect_language(text) != TEXT
        for text in _strip_marks(_uncomment(line))
        if " " not in text
    )


def split_words(info: str) -> list[str]:
    """Return the words of a fence's info string."""
    return [word for word in _BETWEEN_WORDS.split(info) if word]


def looks_like_a_path(word: str) -> bool:
    """Return whether a word looks like a path; `Makefile` and `run` do not."""
    return "/" in word or "." in word[:-1]


def _strip_marks(line: str) -> tuple[str, ...]:
    """Return a line without heading, list and emphasis marks, with its label and without it."""
    if len(line) > _LONGEST_LINE:
        return ()
    text = _LEADING.sub("", _DECORATION.sub("", line).strip("=- \t\r\n"))
    text = text.rstrip(" \t:")
    return text, _LABEL.sub("", text)


def _uncomment(line: str) -> str:
    text = line.strip()
    opener = next((mark for mark in _COMMENT_OPENERS if text.startswith(mark)), None)
    if opener is None:
        return text
    text = text.removeprefix(opener).lstrip("*#/!-")
    for closer in _COMMENT_CLOSERS:
        text = text.removesuffix(closer)
    return text
