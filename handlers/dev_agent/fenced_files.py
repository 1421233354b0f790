"""Matches a reply's fenced blocks with the files that the task expects.

A block is a file if, in this order: its info string names the file; its first line, or a line above it, contains only
the file's name; or it is the only block that fits the only expected file. A block in another language than the file's
(the commands that run it, a diff) never matches. If a fence inside a file may have ended its block too early, the
reply is refused: half a file looks like a whole one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from dev_agent.fences import RULES, Block, Blocks, find_fences, read_blocks
from dev_agent.generated import GeneratedFile, MalformedReply, is_unfinished, split_lines
from dev_agent.naming import Names, is_named, looks_like_a_path, split_words
from shared.source_files import TEXT, detect_language, find_language

MAX_FENCES: Final = 2000

# Languages whose names are also used for files of another.
_KIN: Final = {
    "typescript": "javascript", "vue": "html", "svelte": "html", "xml": "html", "cpp": "c",
    "scss": "css", "less": "css",
}  # fmt: skip


class Reading:
    """One reading of a reply: its blocks, and the paths that are assigned to them."""

    def __init__(self, blocks: Blocks, names: Names) -> None:
        self.blocks = [block for block in blocks.blocks if block.closed or block.content.strip()]
        self.between = [line for block in blocks.blocks for line in block.before] + list(blocks.after)
        paths = ((number, _find_named_path(block, names)) for number, block in enumerate(self.blocks))
        self._paths = {number: path for number, path in paths if path}
        if not self._paths and len(names.expected) == 1:
            self._take_only(names.expected[0])

    def merit(self) -> tuple[int, bool, int]:
        """Return a reading's rank by likelihood: files found once, all blocks closed, few blocks without a file."""
        once = sum(count == 1 for count in Counter(self._paths.values()).values())
        return once, all(block.closed for block in self.blocks), len(self._paths) - len(self.blocks)

    def list_files(self) -> list[GeneratedFile]:
        """Return the files in the reply's order. Raises `MalformedReply` if a block is not closed, or may be cut."""
        for block in self.blocks:
            if not block.closed:
                raise MalformedReply(f"the code block that line {block.fence.line + 1} opens is not closed")
        for number, path in self._paths.items():
            if self._may_be_cut(number, path):
                raise MalformedReply(
                    f"where {path} ends cannot be told from the fences in it: put more backticks around it than inside"
                )
        return [GeneratedFile(path, self.blocks[number].content) for number, path in self._paths.items()]

    def _may_be_cut(self, number: int, path: str) -> bool:
        """Return whether a fence inside a file may have been taken for the end of its block.

        If so, the file is Markdown or unfinished code; and either a block inside it is left open, or the next block has
        no name and no language, as text after such a fence does.
        """
        block = self.blocks[number]
        if detect_language(path) != "markdown" and not is_unfinished(path, block.content):
            return False
        if _leaves_open(block):
            return True
        if number + 1 >= len(self.blocks) or number + 1 in self._paths:
            return False
        next_fence = self.blocks[number + 1].fence
        return not next_fence.info and next_fence.may_close(block.fence)

    def _take_only(self, path: str) -> None:
        """Assign the file the only block in its language or, failing that, the only block without a known language."""
        candidates = [
            (number, block.fence.info) for number, block in enumerate(self.blocks) if not _names_another_file(block)
        ]
        agreeing = [number for number, info in candidates if _matches_language(info, path)]
        fitting = agreeing or [number for number, info in candidates if _matches_language(info, path) is None]
        if len(fitting) == 1:
            self._paths[fitting[0]] = path


def read_fenced(lines: Sequence[str], expected: Sequence[str]) -> Reading:
    """Return the likeliest reading of a reply's fences. Raises `MalformedReply` if there are too many fences."""
    names, fences = Names(expected), find_fences(lines)
    if len(fences) > MAX_FENCES:
        raise MalformedReply(f"there are {len(fences)} code fences; {MAX_FENCES} are possible")
    return max((Reading(read_blocks(lines, fences, rule), names) for rule in RULES), key=Reading.merit)


def unwrap(lines: list[str], path: str) -> list[str]:
    """Return a file's lines without a code fence around all of them; Markdown may consist of one block of code."""
    fences, nonblank = find_fences(lines), [number for number, line in enumerate(lines) if line.strip()]
    if not 2 <= len(fences) <= MAX_FENCES or (fences[0].line, fences[-1].line) != (nonblank[0], nonblank[-1]):
        return lines
    for rule in RULES:
        blocks = read_blocks(lines, fences, rule).blocks
        whole = len(blocks) == 1 and blocks[0].closed
        if whole and (
            detect_language(path) != "markdown" or _find_language(blocks[0].fence.info) in {None, "markdown"}
        ):
            return split_lines(blocks[0].content)
    return lines


def _leaves_open(block: Block) -> bool:
    """Return whether, by every rule, a fence in the block of the outer kind opens an inner block that is not closed."""
    lines = split_lines(block.content)
    fences = [fence for fence in find_fences(lines) if fence.mark.startswith(block.fence.mark)]
    readings = (read_blocks(lines, fences, rule).blocks for rule in RULES)
    return all(any(not inner.closed for inner in reading) for reading in readings)


def _find_named_path(block: Block, names: Names) -> str | None:
    """Return the path named by the block's info string, its first line, or a line above it."""
    lone = (names.find_alone_in_comment(_get_first_line(block)), *_find_headings(block, names))
    fitting = (path for path in lone if path and _matches_language(block.fence.info, path) is not False)
    return names.find_in_info(block.fence.info) or next(fitting, None)


def _find_headings(block: Block, names: Names) -> Iterator[str]:
    """Return the names that stand alone on a line above the block, the nearest first.

    One name in a list is a heading; several are a table of contents.
    """
    above = {path: _is_list_item(line) for line in block.before if (path := names.find_alone(line))}
    return (path for path in reversed(above) if not above[path] or len(above) == 1)


def _names_another_file(block: Block) -> bool:
    """Return whether the line above the block, or its first line, names a file that is not expected."""
    above = [line for line in block.before if line.strip()][-1:]
    return any(map(is_named, (*above, _get_first_line(block), *split_words(block.fence.info)[1:])))


def _matches_language(info: str, path: str) -> bool | None:
    """Return whether the info string names the file's language; None if it names no known language."""
    info_language, file_language = _find_language(info), detect_language(path)
    if info_language is None or info_language == TEXT or (file_language == TEXT and info_language != "diff"):
        return None
    return _KIN.get(info_language, info_language) == _KIN.get(file_language, file_language)


def _find_language(info: str) -> str | None:
    """Return the language that a fence's info string names, directly or by a path; None if it is not known."""
    words = split_words(info)
    if not words:
        return None
    first = words[0].lstrip(".")
    return find_language(first) or (detect_language(first) if looks_like_a_path(first) else None)


def _get_first_line(block: Block) -> str:
    return block.content.partition("\n")[0]


def _is_list_item(line: str) -> bool:
    return line.lstrip().startswith(("- ", "+ ", "* ")) or line.lstrip()[:1].isdigit()
