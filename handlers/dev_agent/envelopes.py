"""Files in a model's reply: tagged envelopes, and fenced blocks for a reply that forgot them.

What is between an envelope's two lines is the file, byte for byte, but for this: a fence that wraps all of it is
taken off, so is the indent that all of it shares with the envelope's mark, and a line feed is put at the end if there
is none. If the reply's first line ends with CR LF, then CR LF is how the reply ends lines, and the files get LF.
"""

import re
from collections.abc import Sequence
from typing import Final

from dev_agent.fenced_files import read_fenced, unwrapped
from dev_agent.generated import GeneratedFile, MalformedReply, lines_of, unindented

__all__ = ["GeneratedFile", "MalformedReply", "extract"]

_PATH: Final = re.compile(r"(?:^|\s)path\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_FOREIGN: Final = re.compile(r"[ \t]*(<file(?:-[\w-]{0,40})?[ \t][^>\n]{0,300}>)", re.IGNORECASE)


def extract(reply: str, tag: str, expected: tuple[str, ...]) -> list[GeneratedFile]:
    """The files of a reply, in order: from envelopes with `tag` if there are any, else from fenced blocks.

    `expected` are the paths that the task plans; only they are found in fenced blocks. Raises `MalformedReply` if an
    envelope or a block is not whole, or if all envelopes have another tag.
    """
    reply = reply.removeprefix("\ufeff")
    if "\r\n" in reply[: reply.find("\n") + 1]:
        reply = reply.replace("\r\n", "\n")
    lines = lines_of(reply)
    files = _Envelopes(tag).read(lines)
    if files:
        return files
    fenced = read_fenced(lines, expected)
    _refuse_foreign(fenced.between, tag)
    return fenced.files()


class _Envelopes:
    """Reads the envelopes of one tag, line by line; one is open, or none is."""

    def __init__(self, tag: str) -> None:
        name = f"file-{re.escape(tag)}"
        self._opening = re.compile(rf"(?P<indent>[ \t]*)<[ \t]*{name}(?P<attributes>(?:[\s/][^>\n]*)?)>", re.IGNORECASE)
        self._closing = re.compile(rf"[ \t]*<[ \t]*/[ \t]*{name}(?:[ \t][^>\n]*)?>\s*", re.IGNORECASE)
        self._end = f"</{name}>".lower()
        self._mark = f'<file-{tag} path="...">'
        self._files: list[GeneratedFile] = []
        self._path: str | None = None
        self._indent = ""
        self._lines: list[str] = []

    def read(self, lines: Sequence[str]) -> list[GeneratedFile]:
        for number, line in enumerate(lines, start=1):
            if opening := self._opening.match(line):
                self._close_at_line_end()
                self._open(opening, number)
            elif self._closing.fullmatch(line):
                self._close(number)
            elif self._path is not None:
                self._lines.append(line)
        self._close_at_line_end()
        return self._files

    def _open(self, opening: re.Match[str], number: int) -> None:
        attributes = opening["attributes"]
        named = _PATH.search(attributes.removesuffix("/"))
        if named is None:
            raise MalformedReply(f"the mark in line {number} names no path: write {self._mark}")
        self._path = next(group for group in named.groups() if group is not None).strip().removeprefix("./")
        self._indent, self._lines = opening["indent"], []
        rest = opening.string[opening.end() :]
        if attributes.endswith("/") and not rest.strip():
            self._close(number)
        elif rest.strip():
            self._lines.append(rest)
            if self._ends_with_closing(rest):
                self._close_at_line_end()

    def _close(self, number: int) -> None:
        if self._path is None:
            raise MalformedReply(f"line {number} closes a file that is not open")
        content = "".join(unwrapped(unindented(self._lines, self._indent), self._path))
        self._files.append(
            GeneratedFile(self._path, content if content.endswith("\n") or not content else f"{content}\n")
        )
        self._path = None

    def _close_at_line_end(self) -> None:
        """Close the open file, if any, by a mark at the end of its last line; there must be one."""
        if self._path is None:
            return
        while self._lines and not self._lines[-1].strip():
            self._lines.pop()
        if not self._lines or not self._ends_with_closing(self._lines[-1]):
            raise MalformedReply(f"the file {self._path} is not closed: end it with a line {self._end}")
        self._lines[-1] = self._lines[-1].rstrip()[: -len(self._end)]
        self._close(0)

    def _ends_with_closing(self, line: str) -> bool:
        return line.rstrip().lower().endswith(self._end)


def _refuse_foreign(lines: Sequence[str], tag: str) -> None:
    for line in lines:
        if mark := _FOREIGN.match(line):
            raise MalformedReply(
                f'the files are marked {mark[1][:80]}, but this answer\'s mark is <file-{tag} path="...">'
            )
