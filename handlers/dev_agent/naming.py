"""Which of a task's files a line names: a heading above a block, its info string, its first line, or prose."""

import re
from collections.abc import Iterable
from typing import Final

from shared.source_files import TEXT, language_of

_LONGEST_LINE: Final = 400
_MOST_SEGMENTS: Final = 24
_DECORATION: Final = re.compile(r"[*`\"']")
_LEADING: Final = re.compile(r"^(?:#+\s*|[-+>]\s+|\d{1,3}[.)]\s+)*")
_LABEL: Final = re.compile(
    r"^(?:(?:new|updated?|modified|complete|full|create|modify)\s+)*"
    r"(?:file|filename|filepath|path|code|source|title|script|module|\u6587\u4ef6)?(?:\s*(?:name|path|code))?"
    r"\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
_REMARK: Final = re.compile(r"\s\((?:new|updated?|modified|created?|changed|complete|full|unchanged)\b[^()]*\)$", re.I)
_COMMENT_OPENERS: Final = ('"""', "'''", "<!--", "/*", "//", "#", "--", ";")
_COMMENT_CLOSERS: Final = ("-->", "*/", '"""', "'''")
_BETWEEN_WORDS: Final = re.compile(r"[\s\"'`*=:{},;<>|()\[\]\uff1a\uff08\uff09\u3002\uff0c\u3001]+")


class Names:
    """The paths that a task expects, and the ways in which a reply may name them.

    A name is taken for a path if it is that path, or differs from it only in case, in a leading `./` or `/`, in its
    separators, or in folders missing or added at the front, and could not mean another expected path.
    """

    def __init__(self, expected: Iterable[str]) -> None:
        self.expected = tuple(dict.fromkeys(expected))
        spelled = "|".join(re.escape(path) for path in sorted(self.expected, key=len, reverse=True))
        self._exact = re.compile(rf"(?<![\w./\\-])(?:{spelled or '(?!)'})(?![\w/\\-]|\.\w)")
        self._whole: dict[tuple[str, ...], list[str]] = {}
        self._endings: dict[tuple[str, ...], list[str]] = {}
        for path in self.expected:
            parts = tuple(path.casefold().split("/"))
            self._whole.setdefault(parts, []).append(path)
            for start in range(1, len(parts)):
                self._endings.setdefault(parts[start:], []).append(path)

    def alone_in(self, line: str) -> str | None:
        """The path, if the line is nothing but its name: as a heading, in bold, in a list, with "File:" before it."""
        return next(filter(None, map(self._meant, _alone(line))), None)

    def alone_in_comment(self, line: str) -> str | None:
        """The path, if the line is nothing but its name, as a comment of some language or as it is."""
        return self.alone_in(_uncommented(line))

    def in_info(self, info: str) -> str | None:
        """The path in a fence's info string, such as `python app/x.py`, `python:app/x.py` or `title="x.py"`."""
        return self._only(info, anywhere=True)

    def in_prose(self, line: str) -> str | None:
        """The path, if the line mentions one and no other."""
        return self._only(line, anywhere=False)

    def _only(self, text: str, *, anywhere: bool) -> str | None:
        if len(text) > _LONGEST_LINE:
            return None
        found = {m[0] for m in self._exact.finditer(text) if anywhere or looks_like_a_path(m[0]) or _is_quoted(m)}
        if not found:
            words = filter(looks_like_a_path, _BETWEEN_WORDS.split(text))
            found = {path for word in words if (path := self._meant(word.rstrip(".")))}
        return found.pop() if len(found) == 1 else None

    def _meant(self, name: str) -> str | None:
        """The one expected path that a name can mean."""
        if name in self.expected:
            return name
        parts = tuple(part for part in name.replace("\\", "/").casefold().split("/") if part not in {"", "."})
        if len(parts) > _MOST_SEGMENTS:
            return None
        found = self._whole.get(parts, [])
        if not found and looks_like_a_path(name):
            longer = (path for start in range(1, len(parts)) for path in self._whole.get(parts[start:], []))
            found = self._endings.get(parts) or list(longer)
        return found[0] if len(found) == 1 else None


def is_named(line: str) -> bool:
    """Whether the line, or comment, is nothing but the name of a source file, whichever."""
    return any(
        looks_like_a_path(text) and language_of(text) != TEXT for text in _alone(_uncommented(line)) if " " not in text
    )


def comment_opener(line: str) -> str:
    """What opens the comment with which a line begins; empty if none does."""
    text = line.lstrip()
    return next((mark for mark in _COMMENT_OPENERS if text.startswith(mark)), "")


def words_in(info: str) -> list[str]:
    """The words of a fence's info string."""
    return [word for word in _BETWEEN_WORDS.split(info) if word]


def looks_like_a_path(word: str) -> bool:
    """Whether a word is a path by its look alone; `Makefile` and `run` are not."""
    return "/" in word or "." in word[:-1]


def _alone(line: str) -> tuple[str, ...]:
    """What is left of a line without heading, list and emphasis marks and remarks; and that without its label."""
    if len(line) > _LONGEST_LINE:
        return ()
    text = _LEADING.sub("", _DECORATION.sub("", line).strip("=- \t\r\n"), count=1)
    text = _REMARK.sub("", text.rstrip(" \t:\uff1a"))
    return text, _LABEL.sub("", text, count=1)


def _uncommented(line: str) -> str:
    text = line.strip()
    opener = comment_opener(text)
    closer = next((mark for mark in _COMMENT_CLOSERS if opener and text.endswith(mark)), "")
    return text.removeprefix(opener).lstrip("*#/!-").removesuffix(closer) if opener else text


def _is_quoted(found: re.Match[str]) -> bool:
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return before == after and before in {"`", "*", '"', "'"}
