"""Finds fenced code blocks in a text by depth: a fence inside a block may open another block.

Fences are CommonMark's (spec.commonmark.org/0.31.2/#fenced-code-blocks), also in list items. CommonMark does not allow
nested fences, but models write them, and one line alone does not always show what is meant. So a text has one reading
for each rule below, and the caller, who knows the expected files, chooses one.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from dev_agent.generated import unindent
from shared.source_files import find_language

_FENCE: Final = re.compile(
    r"(?P<indent>[ \t]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n]*)"
)
_TAG: Final = re.compile(r"[A-Za-z{]")


class Fence(NamedTuple):
    """A line that opens or closes a block."""

    line: int
    indent: str
    mark: str
    info: str

    def may_close(self, opening: "Fence") -> bool:
        """Return whether this fence can close a block that `opening` opened."""
        return (
            not self.info
            and self.mark.startswith(opening.mark)
            and len(self.indent.expandtabs(4)) <= len(opening.indent.expandtabs(4)) + 3
        )


class Block(NamedTuple):
    """An outermost block: the lines since the previous block, the opening fence, and the content."""

    before: Sequence[str]
    fence: Fence
    content: str
    closed: bool


class Blocks(NamedTuple):
    """One reading of a text: its outermost blocks, and the lines after the last block."""

    blocks: list[Block]
    after: Sequence[str]


class Inside(NamedTuple):
    """A fence inside a block: the block's own fence, the innermost open one, and the line that follows."""

    outer: Fence
    open: Fence
    fence: Fence
    following: str


Rule = Callable[[Inside], bool]
"""Returns whether a fence inside a block opens another block."""


def nests_never(inside: Inside) -> bool:
    """Return False: blocks do not nest, as in CommonMark."""
    return False


def nests_with_info(inside: Inside) -> bool:
    """Return whether the fence has an info string, and is not shorter than the fence around it."""
    fence, enclosing = inside.fence, inside.open
    shorter = enclosing.mark.startswith(fence.mark) and fence.mark != enclosing.mark
    return bool(_TAG.match(fence.info)) and not shorter


def nests_before_text(inside: Inside) -> bool:
    """Return true also in Markdown for a fence without an info string, if text follows immediately."""
    if nests_with_info(inside):
        return True
    in_markdown = inside.open is inside.outer and find_language(inside.outer.info.split(" ")[0]) == "markdown"
    return in_markdown and inside.fence.may_close(inside.outer) and bool(inside.following.strip())


RULES: Final[tuple[Rule, ...]] = (nests_with_info, nests_before_text, nests_never)


def find_fences(lines: Sequence[str]) -> list[Fence]:
    """Return all lines that can be fences."""
    return [fence for number, line in enumerate(lines) if (fence := _parse_fence(number, line)) is not None]


def read_blocks(lines: Sequence[str], fences: Sequence[Fence], opens_another: Rule) -> Blocks:
    """Return the outermost blocks by a rule; the last block is not closed if the text ends inside it."""
    blocks: list[Block] = []
    open_fences: list[Fence] = []
    end = 0
    for fence in fences:
        next_line = lines[fence.line + 1] if fence.line + 1 < len(lines) else ""
        if not open_fences or opens_another(Inside(open_fences[0], open_fences[-1], fence, next_line)):
            open_fences.append(fence)
        elif fence.may_close(open_fences[-1]):
            opening = open_fences.pop()
            if not open_fences:
                blocks.append(_make_block(lines, end, opening, fence.line))
                end = fence.line + 1
    if open_fences:
        blocks.append(_make_block(lines, end, open_fences[0], None))
        end = len(lines)
    return Blocks(blocks, lines[end:])


def _parse_fence(number: int, line: str) -> Fence | None:
    if "```" not in line and "~~~" not in line:
        return None
    match = _FENCE.match(line)
    if match is None or (match["mark"].startswith("`") and "`" in match["info"]):
        return None
    return Fence(number, match["indent"], match["mark"], match["info"].strip())


def _make_block(lines: Sequence[str], start: int, opening: Fence, end: int | None) -> Block:
    body = unindent(list(lines[opening.line + 1 : end]), opening.indent)
    return Block(lines[start : opening.line], opening, "".join(body), closed=end is not None)
