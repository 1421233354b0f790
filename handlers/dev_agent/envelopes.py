"""Files in a model's reply: tagged envelopes, and fenced blocks for a reply that forgot them."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_OPENING_FENCE: Final = re.compile(r"^(?P<fence>`{3,}|~{3,})\s*(?P<info>[^`]*)$")
_PATH: Final = re.compile(r"[\w@+.-]+(?:/[\w@+.() -]+)*\.?[\w-]+")


class GeneratedFile(NamedTuple):
    """A file as a reply holds it."""

    path: str
    content: str


class MalformedReply(ValueError):
    """The reply's envelopes are not whole; the message says how."""


def extract(reply: str, tag: str, expected: tuple[str, ...]) -> list[GeneratedFile]:
    """The files of a reply, in order: from envelopes with `tag` if there are any, else from fenced blocks.

    `expected` are the paths that the task plans; a fenced block needs one of them named just before it, in its
    info string or in its first line, unless one file is expected and one block is there.
    """
    return _enveloped(reply, tag) or list(_fenced(reply, expected))


def _enveloped(reply: str, tag: str) -> list[GeneratedFile]:
    opening = re.compile(rf'^\s*<file-{tag} path="(?P<path>[^"\n]*)">[ \t]*$')
    closing = f"</file-{tag}>"
    files: list[GeneratedFile] = []
    path: str | None = None
    lines: list[str] = []
    for line in reply.splitlines(keepends=True):
        begins = opening.match(line.rstrip("\r\n"))
        if begins:
            if path is not None:
                raise MalformedReply(f"the file {path} is not closed before {begins['path']} begins")
            path, lines = begins["path"], []
        elif line.strip() == closing:
            if path is None:
                raise MalformedReply("a file is closed that was never opened")
            files.append(GeneratedFile(path, _unfenced("".join(lines))))
            path = None
        elif path is not None:
            lines.append(line)
    if path is not None:
        raise MalformedReply(f"the file {path} is not closed")
    return files


def _unfenced(content: str) -> str:
    """The content without a code fence that wraps all of it."""
    lines = content.strip("\n").splitlines(keepends=True)
    if len(lines) >= 2:
        opening = _OPENING_FENCE.match(lines[0].rstrip())
        if opening and lines[-1].strip() == opening["fence"]:
            return "".join(lines[1:-1])
    return content


class _Block(NamedTuple):
    """A fenced block: the line before it, its info string, its content."""

    before: str
    info: str
    content: str


def _fenced(reply: str, expected: tuple[str, ...]) -> Iterator[GeneratedFile]:
    blocks = list(_blocks(reply))
    if len(blocks) == 1 and len(expected) == 1:
        yield GeneratedFile(expected[0], blocks[0].content)
        return
    for block in blocks:
        first = block.content.splitlines()[0] if block.content else ""
        named = next(filter(None, (_named(text, expected) for text in (block.before, block.info, first))), None)
        if named:
            yield GeneratedFile(named, block.content)


def _named(text: str, expected: tuple[str, ...]) -> str | None:
    """The expected path that a line names."""
    candidates = set(_PATH.findall(text))
    return next((path for path in sorted(expected, key=len, reverse=True) if path in candidates), None)


def _blocks(reply: str) -> Iterator[_Block]:
    """The outermost fenced blocks; a fence with an info string inside another opens a nested one."""
    depth: list[str] = []
    before, info, lines = "", "", list[str]()
    for line in reply.splitlines(keepends=True):
        fence = _OPENING_FENCE.match(line.strip())
        if fence and not depth:
            depth, info, lines = [fence["fence"]], fence["info"].strip(), []
            continue
        if fence and not fence["info"].strip() and fence["fence"].startswith(depth[-1]):
            depth.pop()
            if not depth:
                yield _Block(before, info, "".join(lines))
                before = ""
                continue
        elif fence and fence["info"].strip():
            depth.append(fence["fence"])
        if depth:
            lines.append(line)
        elif line.strip():
            before = line.strip()
