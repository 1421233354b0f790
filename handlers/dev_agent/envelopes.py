"""Reads the files in a model's reply: from tagged envelopes, or from fenced blocks if it has no envelopes.

The text between an envelope's two lines is the file, byte for byte, with these exceptions: a fence around the whole
file is removed, as is an indent that all lines share with the envelope's marks. If the reply's first line ends with
CR LF, the reply uses CR LF, and the files get LF.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from dev_agent.fenced_files import read_fenced, unwrap
from dev_agent.generated import GeneratedFile, MalformedReply, split_lines, unindent

_PATH: Final = re.compile(r"\spath\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_FOREIGN: Final = re.compile(r"[ \t]*(<file(?:-[\w-]{0,40})?[ \t][^>\n]{0,300}>)", re.IGNORECASE)


class _Opening(NamedTuple):
    """A mark that opens an envelope: the path that it names, what stands before it, and its line, counted from one."""

    path: str
    indent: str
    line: int


def extract(reply: str, tag: str, expected: tuple[str, ...]) -> list[GeneratedFile]:
    """Return the files of a reply, in order: from envelopes with `tag` if there are any, else from fenced blocks.

    `expected` are the paths that the task plans; fenced blocks are read for these only. Raises `MalformedReply` if an
    envelope or a block is incomplete, or if all envelopes have another tag.
    """
    reply = reply.removeprefix("\ufeff")
    if reply.partition("\n")[0].endswith("\r"):
        reply = reply.replace("\r\n", "\n")
    lines = split_lines(reply)
    files = _read_envelopes(lines, tag)
    if files:
        return files
    fenced = read_fenced(lines, expected)
    _refuse_foreign(fenced.between, tag)
    return fenced.list_files()


def _read_envelopes(lines: Sequence[str], tag: str) -> list[GeneratedFile]:
    """Return the files between marks with `tag`; each mark is on a line of its own."""
    opens = re.compile(rf"([ \t]*)<file-{re.escape(tag)}([^>\n]*)>\s*", re.IGNORECASE)
    closes = re.compile(rf"[ \t]*</file-{re.escape(tag)}>\s*", re.IGNORECASE)
    files: list[GeneratedFile] = []
    current: _Opening | None = None
    for number, line in enumerate(lines, start=1):
        if opening := opens.fullmatch(line):
            _refuse_open(current, tag)
            path_match = _PATH.search(opening[2])
            if path_match is None:
                raise MalformedReply(f'the mark in line {number} names no path: write <file-{tag} path="...">')
            current = _Opening(path_match[1].strip().removeprefix("./"), opening[1], number)
        elif closes.fullmatch(line):
            if current is None:
                raise MalformedReply(f"line {number} closes a file that is not open")
            content = unwrap(unindent(list(lines[current.line : number - 1]), current.indent), current.path)
            files.append(GeneratedFile(current.path, "".join(content)))
            current = None
    _refuse_open(current, tag)
    return files


def _refuse_open(opening: _Opening | None, tag: str) -> None:
    if opening is not None:
        raise MalformedReply(f"the file {opening.path} is not closed: end it with a line </file-{tag}>")


def _refuse_foreign(lines: Sequence[str], tag: str) -> None:
    for line in lines:
        if mark := _FOREIGN.match(line):
            raise MalformedReply(
                f'the files are marked {mark[1][:80]}, but this answer\'s mark is <file-{tag} path="...">'
            )
