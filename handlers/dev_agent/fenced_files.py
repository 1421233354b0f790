"""The files of a reply that came in fenced blocks: which block is which of the files that the task expects.

A block is a file if, in this order, its info string names one; the line above it, its first line or a heading above
it is nothing but the name of one; the sentence above it mentions one; or its language is that of just one file and
block that are left. A block in another language than the file's (the commands that run it, a diff) is never it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from dev_agent.block_language import agrees, contradicts, language_in, may_stand_in
from dev_agent.fences import RULES, Block, Blocks, fences_in, read_blocks
from dev_agent.generated import GeneratedFile, MalformedReply, lines_of
from dev_agent.naming import Names, is_named, words_in
from shared.source_files import language_of

MAX_FENCES: Final = 2000
_NEAR: Final = 3
"""How many lines above a block a heading may stand that mentions a file among other words."""

# What a file must begin with, so that a label above it cannot stay.
_FIRST: Final = ("#!", "<?", "<!doctype", "<!DOCTYPE")


class Reading:
    """One reading of a reply: its blocks, and the paths that some of them are."""

    def __init__(self, blocks: Blocks, names: Names) -> None:
        self.blocks = [block for block in blocks.blocks if block.closed or block.content.strip()]
        self.between = [line for block in blocks.blocks for line in block.before] + list(blocks.after)
        self._names = names
        self._paths: dict[int, str] = {}
        self._take_named()
        self._take_mentioned()
        self._take_by_language()

    def merit(self) -> tuple[int, bool, int]:
        """The more, the likelier: files found once, all blocks closed, few blocks that are none of the files."""
        once = sum(count == 1 for count in Counter(self._paths.values()).values())
        return once, all(block.closed for block in self.blocks), len(self._paths) - len(self.blocks)

    def files(self) -> list[GeneratedFile]:
        """The files in the reply's order; raises `MalformedReply` if a block is not closed."""
        for block in self.blocks:
            if not block.closed:
                raise MalformedReply(f"the code block that line {block.fence.line + 1} opens is not closed")
        return [GeneratedFile(path, self._content(self.blocks[n], path)) for n, path in sorted(self._paths.items())]

    def _take_named(self) -> None:
        above: dict[str, bool] = {}  # the names alone in a line, the nearest last, and whether they are list items
        for number, block in enumerate(self.blocks):
            nearest = None
            for line in filter(str.strip, block.before):
                if nearest := self._names.alone_in(line):
                    above.pop(nearest, None)
                    above[nearest] = _is_list_item(line)
            path = self._names.in_info(block.fence.info) or self._fitting(
                block, self._lone_names(block, nearest, above)
            )
            if path:
                self._paths[number], above = path, {}

    def _lone_names(self, block: Block, nearest: str | None, above: dict[str, bool]) -> Iterator[str | None]:
        # One name in a list is a heading; several are a table of contents.
        headings = [path for path in reversed(above) if not above[path] or len(above) == 1]
        yield nearest if nearest in headings else None
        yield self._names.alone_in_comment(_first_line(block))
        yield from headings

    def _take_mentioned(self) -> None:
        taken, mentions = {*self._paths.values()}, dict[str, list[int]]()
        for number, block in self._left():
            near = [line for line in block.before if line.strip()][-_NEAR:]
            lines = [line for line in reversed(near) if line is near[-1] or line.startswith("#")]
            path = self._fitting(block, map(self._names.in_prose, lines))
            if path and path not in taken:
                mentions.setdefault(path, []).append(number)
        self._paths |= {numbers[0]: path for path, numbers in mentions.items() if len(numbers) == 1}

    def _take_by_language(self) -> None:
        if self._paths:
            return  # a reply that names some files leaves the others out
        missing, left = self._names.expected, self._left()
        for path in missing:
            own = [(number, block.fence.info) for number, block in left if agrees(block.fence.info, path)]
            if len(own) == 1 and sum(agrees(own[0][1], other) for other in missing) == 1:
                self._paths[own[0][0]] = path
        if len(self._names.expected) == len(self.blocks) == len(left) == 1:
            self._paths |= {
                number: path for number, block in left for path in missing if not contradicts(block.fence.info, path)
            }

    def _left(self) -> list[tuple[int, Block]]:
        """The blocks that are no file yet, without those named as another one."""
        return [
            (number, block)
            for number, block in enumerate(self.blocks)
            if number not in self._paths and not _is_another(block)
        ]

    def _fitting(self, block: Block, names: Iterable[str | None]) -> str | None:
        return next((path for path in names if path and not contradicts(block.fence.info, path)), None)

    def _content(self, block: Block, path: str) -> str:
        """The block's content; without its first line if that only names the file and cannot stay.

        A comment with the name stays, where the language has such comments and the next line need not be the first.
        """
        first, _, rest = block.content.partition("\n")
        if self._names.alone_in_comment(first) != path:
            return block.content
        rest = "".join(unwrapped(lines_of(rest.lstrip("\n")), path))
        return block.content if may_stand_in(path, first) and not rest.startswith(_FIRST) else rest


def read_fenced(lines: Sequence[str], expected: Sequence[str]) -> Reading:
    """The likeliest reading of a reply's fences; where one block is around everything, also of those inside it.

    Raises `MalformedReply` if there are too many to be files.
    """
    names, fences = Names(expected), fences_in(lines)
    if len(fences) > MAX_FENCES:
        raise MalformedReply(f"there are {len(fences)} code fences; {MAX_FENCES} are possible")
    readings = [Reading(read_blocks(lines, fences, rule), names) for rule in RULES]
    if len(readings[0].blocks) == 1:
        inner = lines_of(readings[0].blocks[0].content)
        readings.insert(1, Reading(read_blocks(inner, fences_in(inner), RULES[0]), names))
    return max(readings, key=Reading.merit)


def unwrapped(lines: list[str], path: str) -> list[str]:
    """The lines of a file without a code fence around all of them; a Markdown file may be one block of code."""
    fences, text = fences_in(lines), [number for number, line in enumerate(lines) if line.strip()]
    if not 2 <= len(fences) <= MAX_FENCES or (fences[0].line, fences[-1].line) != (text[0], text[-1]):
        return lines
    for rule in RULES:
        blocks, after = read_blocks(lines, fences, rule)
        whole = len(blocks) == 1 and blocks[0].closed and not "".join(after).strip()
        if whole and (language_of(path) != "markdown" or language_in(blocks[0].fence.info) in {None, "markdown"}):
            return lines_of(blocks[0].content)
    return lines


def _first_line(block: Block) -> str:
    return block.content.partition("\n")[0]


def _is_another(block: Block) -> bool:
    """Whether the block is named, by the line above it or its first one, though not as a file that is expected."""
    above = next((line for line in reversed(block.before) if line.strip()), "")
    return any(map(is_named, (above, _first_line(block), *words_in(block.fence.info)[1:])))


def _is_list_item(line: str) -> bool:
    return line.lstrip().startswith(("- ", "+ ", "* ")) or line.lstrip()[:1].isdigit()
