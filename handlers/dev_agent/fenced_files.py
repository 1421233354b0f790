"""The files of a reply that came in fenced blocks: which block is which of the files that the task expects.

A block is a file if, in this order, its info string names one; its first line, or a line above it, is nothing but the
name of one; or it is the only block that can be the only file. A block in another language than the file's (the
commands that run it, a diff) is never it. Where a file's own fences may have ended its block too early, the reply is
refused rather than read: half a file looks like a whole one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from dev_agent.fences import RULES, Block, Blocks, find_fences, read_blocks
from dev_agent.generated import GeneratedFile, MalformedReply, is_unfinished, split_lines
from dev_agent.naming import Names, is_named, looks_like_a_path, split_words
from shared.source_files import TEXT, language_named, language_of

MAX_FENCES: Final = 2000

# Languages whose names are used for each other's files.
_KIN: Final = {
    "typescript": "javascript", "vue": "html", "svelte": "html", "xml": "html", "cpp": "c",
    "scss": "css", "less": "css",
}  # fmt: skip


class Reading:
    """One reading of a reply: its blocks, and the paths that some of them are."""

    def __init__(self, blocks: Blocks, names: Names) -> None:
        self.blocks = [block for block in blocks.blocks if block.closed or block.content.strip()]
        self.between = [line for block in blocks.blocks for line in block.before] + list(blocks.after)
        named = ((number, _named(block, names)) for number, block in enumerate(self.blocks))
        self._paths = {number: path for number, path in named if path}
        if not self._paths and len(names.expected) == 1:
            self._take_only(names.expected[0])

    def merit(self) -> tuple[int, bool, int]:
        """Rank a reading by how likely it is: files found once, all blocks closed, few blocks that are no file."""
        once = sum(count == 1 for count in Counter(self._paths.values()).values())
        return once, all(block.closed for block in self.blocks), len(self._paths) - len(self.blocks)

    def files(self) -> list[GeneratedFile]:
        """Return the files in the reply's order; raises `MalformedReply` if a block is not closed, or may be cut."""
        for block in self.blocks:
            if not block.closed:
                raise MalformedReply(f"the code block that line {block.fence.line + 1} opens is not closed")
        for number, path in self._paths.items():
            if self._may_be_cut(number, path):
                raise MalformedReply(
                    f"where {path} ends cannot be told from the fences in it: put more backticks around it than inside"
                )
        return [GeneratedFile(path, self.blocks[number].content) for number, path in sorted(self._paths.items())]

    def _may_be_cut(self, number: int, path: str) -> bool:
        """Return whether a fence inside a file may have been taken for the end of its block.

        Then the file is Markdown, or code that is not finished; and a block is left open inside of it, or the next one
        has no name and no language, as what follows such a fence has.
        """
        block = self.blocks[number]
        if language_of(path) != "markdown" and not is_unfinished(path, block.content):
            return False
        if _leaves_open(block):
            return True
        if number + 1 >= len(self.blocks) or number + 1 in self._paths:
            return False
        following = self.blocks[number + 1].fence
        return not following.info and following.may_close(block.fence)

    def _take_only(self, path: str) -> None:
        """Take the one block in the file's language, or else the one in none, for the file."""
        left = [(number, block.fence.info) for number, block in enumerate(self.blocks) if not _is_another(block)]
        agreeing = [number for number, info in left if _agrees(info, path)]
        fitting = agreeing or [number for number, info in left if _agrees(info, path) is None]
        if len(fitting) == 1:
            self._paths[fitting[0]] = path


def read_fenced(lines: Sequence[str], expected: Sequence[str]) -> Reading:
    """Return the likeliest reading of a reply's fences; raises `MalformedReply` if there are too many to be files."""
    names, fences = Names(expected), find_fences(lines)
    if len(fences) > MAX_FENCES:
        raise MalformedReply(f"there are {len(fences)} code fences; {MAX_FENCES} are possible")
    return max((Reading(read_blocks(lines, fences, rule), names) for rule in RULES), key=Reading.merit)


def unwrap(lines: list[str], path: str) -> list[str]:
    """Return the lines of a file without a code fence around all of them; a Markdown file may be one block of code."""
    fences, text = find_fences(lines), [number for number, line in enumerate(lines) if line.strip()]
    if not 2 <= len(fences) <= MAX_FENCES or (fences[0].line, fences[-1].line) != (text[0], text[-1]):
        return lines
    for rule in RULES:
        blocks, after = read_blocks(lines, fences, rule)
        whole = len(blocks) == 1 and blocks[0].closed and not "".join(after).strip()
        if whole and (language_of(path) != "markdown" or _language_in(blocks[0].fence.info) in {None, "markdown"}):
            return split_lines(blocks[0].content)
    return lines


def _leaves_open(block: Block) -> bool:
    """Return whether a fence in the block, of the kind around it, opens another block that by no rule ends in it."""
    lines = split_lines(block.content)
    fences = [fence for fence in find_fences(lines) if fence.mark.startswith(block.fence.mark)]
    readings = (read_blocks(lines, fences, rule).blocks for rule in RULES)
    return all(any(not inner.closed for inner in reading) for reading in readings)


def _named(block: Block, names: Names) -> str | None:
    """Return the path that the block's info string, its first line, or a line above it names."""
    lone = (names.alone_in_comment(_first_line(block)), *_headings(block, names))
    fitting = (path for path in lone if path and _agrees(block.fence.info, path) is not False)
    return names.in_info(block.fence.info) or next(fitting, None)


def _headings(block: Block, names: Names) -> Iterator[str]:
    """Return the names alone in a line above the block, the nearest first.

    One name in a list is a heading; several are a table of contents.
    """
    above = {path: _is_list_item(line) for line in block.before if (path := names.alone_in(line))}
    return (path for path in reversed(above) if not above[path] or len(above) == 1)


def _is_another(block: Block) -> bool:
    """Whether the block is named, by the line above it or its first one, though not as a file that is expected."""
    above = next((line for line in reversed(block.before) if line.strip()), "")
    return any(map(is_named, (above, _first_line(block), *split_words(block.fence.info)[1:])))


def _agrees(info: str, path: str) -> bool | None:
    """Return whether the info string names the language of the file; None if it names none that is known."""
    named, own = _language_in(info), language_of(path)
    if named is None or named == TEXT or (own == TEXT and named != "diff"):
        return None
    return _KIN.get(named, named) == _KIN.get(own, own)


def _language_in(info: str) -> str | None:
    """The language that a fence's info string names, itself or by a path; None if it names none that is known."""
    words = split_words(info)
    if not words:
        return None
    first = words[0].lstrip(".")
    return language_named(first) or (language_of(first) if looks_like_a_path(first) else None)


def _first_line(block: Block) -> str:
    return block.content.partition("\n")[0]


def _is_list_item(line: str) -> bool:
    return line.lstrip().startswith(("- ", "+ ", "* ")) or line.lstrip()[:1].isdigit()
