"""Fences, and the blocks that they make by each of the rules."""

import pytest

from dev_agent.fences import (
    Block,
    Fence,
    Rule,
    find_fences,
    nests_before_text,
    nests_never,
    nests_with_info,
    read_blocks,
)
from dev_agent.generated import split_lines


@pytest.mark.parametrize(
    ("line", "fence"),
    [
        ("```\n", Fence(0, "", "```", "")),
        ("~~~\n", Fence(0, "", "~~~", "")),
        ("````  python  \n", Fence(0, "", "````", "python")),
        ("  ```js\n", Fence(0, "  ", "```", "js")),
        ("- ```js\n", Fence(0, "- ", "```", "js")),
        ("123) ~~~\n", Fence(0, "123) ", "~~~", "")),
        ("~~~ a `b`\n", Fence(0, "", "~~~", "a `b`")),
        ("~~~ ```\n", Fence(0, "", "~~~", "```")),
        ("``` a `b`\n", None),
        ("```x```\n", None),
        ("x ```\n", None),
        ("``\n", None),
        ("~~\n", None),
        ("x\n", None),
    ],
)
def test_a_line_is_a_fence_or_not(line: str, fence: Fence | None) -> None:
    assert find_fences([line]) == ([fence] if fence else [])


@pytest.mark.parametrize(
    ("opening", "closing", "closes"),
    [
        (("", "```", "python"), ("", "```", ""), True),
        (("", "```", ""), ("", "````", ""), True),
        (("", "````", ""), ("", "```", ""), False),
        (("", "~~~", ""), ("", "```", ""), False),
        (("", "```", ""), ("", "```", "python"), False),
        (("", "```", ""), ("   ", "```", ""), True),
        (("", "```", ""), ("    ", "```", ""), False),
        (("    ", "```", ""), ("", "```", ""), True),
        (("- ", "```", ""), ("     ", "```", ""), True),
        (("- ", "```", ""), ("      ", "```", ""), False),
        (("\t", "```", ""), ("       ", "```", ""), True),
        (("\t", "```", ""), ("        ", "```", ""), False),
        ((" ", "```", ""), ("\t", "```", ""), True),
        (("", "```", ""), ("\t", "```", ""), False),
    ],
)
def test_a_fence_may_close_another(opening: tuple[str, str, str], closing: tuple[str, str, str], closes: bool) -> None:
    assert Fence(1, *closing).may_close(Fence(0, *opening)) is closes


def outline(text: str, rule: Rule) -> list[tuple[str, bool]]:
    """The contents of a text's outermost blocks, and whether each is closed."""
    lines = split_lines(text)
    return [(block.content, block.closed) for block in read_blocks(lines, find_fences(lines), rule).blocks]


LABELLED = "```md\na\n```js\nb\n```\nc\n```\n"
BARE = "```md\na\n\n```\nb\n```\n\nc\n```"


@pytest.mark.parametrize(
    ("text", "rule", "blocks"),
    [
        (LABELLED, nests_with_info, [("a\n```js\nb\n```\nc\n", True)]),
        (LABELLED, nests_never, [("a\n```js\nb\n", True), ("", False)]),
        (LABELLED.replace("js", "{.js}"), nests_with_info, [("a\n```{.js}\nb\n```\nc\n", True)]),
        (LABELLED.replace("js", "JS"), nests_with_info, [("a\n```JS\nb\n```\nc\n", True)]),
        (LABELLED.replace("js", "1"), nests_with_info, [("a\n```1\nb\n", True), ("", False)]),
        ("````md\n```js\n````\n", nests_with_info, [("```js\n", True)]),
        ("```md\n````js\n````\n```\n", nests_with_info, [("````js\n````\n", True)]),
        ("````md\n~~~js\n~~~\n````\n", nests_with_info, [("~~~js\n~~~\n", True)]),
        (BARE, nests_before_text, [("a\n\n```\nb\n```\n\nc\n", True)]),
        (BARE, nests_with_info, [("a\n\n", True), ("\nc\n", True)]),
        ("```md\na\n```\nb", nests_before_text, [("a\n```\nb", False)]),
        (BARE.replace("md", ""), nests_before_text, [("a\n\n", True), ("\nc\n", True)]),
        (BARE.replace("md", "markdown title=x"), nests_before_text, [("a\n\n```\nb\n```\n\nc\n", True)]),
        (BARE.replace("md", "python"), nests_before_text, [("a\n\n", True), ("\nc\n", True)]),
        (LABELLED, nests_before_text, [("a\n```js\nb\n```\nc\n", True)]),
        ("```md\n```md\na\n```\nb\n```\n", nests_before_text, [("```md\na\n```\nb\n", True)]),
        ("~~~md\n```\na\n```\n~~~\n", nests_before_text, [("```\na\n```\n", True)]),
        ("```md\na\n```js\n", nests_with_info, [("a\n```js\n", False)]),
        ("- ```js\n  a\n  ```\n", nests_with_info, [("a\n", True)]),
    ],
)
def test_blocks_nest_by_the_rule(text: str, rule: Rule, blocks: list[tuple[str, bool]]) -> None:
    assert outline(text, rule) == blocks


def test_a_block_has_the_lines_since_the_one_before_it() -> None:
    lines = ["a\n", "```\n", "b\n", "```\n", "c\n", "~~~ x\n", "~~~\n", "d\n"]
    read = read_blocks(lines, find_fences(lines), nests_never)
    assert read.blocks == [
        Block(["a\n"], Fence(1, "", "```", ""), "b\n", closed=True),
        Block(["c\n"], Fence(5, "", "~~~", "x"), "", closed=True),
    ]
    assert read.after == ["d\n"]


def test_nothing_comes_after_a_block_that_is_not_closed() -> None:
    lines = ["a\n", "```\n", "b\n"]
    read = read_blocks(lines, find_fences(lines), nests_never)
    assert read.blocks == [Block(["a\n"], Fence(1, "", "```", ""), "b\n", closed=False)]
    assert read.after == []
