"""Replies that models gave to other programs: read as a careful reader would."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev_agent.envelopes import extract
from dev_agent.generated import GeneratedFile, MalformedReply

REPLIES = Path(__file__).parents[3].parent / "shared" / "corpus" / "replies.jsonl"
TAG = "1a2b3c4d"
# A block as in these replies: no fence is inside another, and the path is a heading in its first line.
NAMED_BLOCK = re.compile(r"^ *```\w+\n(## ([\w/]+\.py)\n.*?^) *```$", re.MULTILINE | re.DOTALL)
SINGLE_BLOCK = re.compile(r"^```(?:python)?\n(.*?^)```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## Code: (\S+\.py)$", re.MULTILINE)

pytestmark = pytest.mark.skipif(not REPLIES.is_file(), reason="the recorded replies are not beside this repository")


def replies() -> Iterator[str]:
    for line in REPLIES.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["reply"]


def test_every_named_block_is_found_whole_and_in_order() -> None:
    found = 0
    for reply in replies():
        blocks = [(path, content) for content, path in NAMED_BLOCK.findall(reply)]
        expected = tuple(path for path, _ in blocks)
        if expected:
            assert [tuple(file) for file in extract(reply, TAG, expected)] == blocks
            assert extract(reply, TAG, ("another.py",)) == []
            found += len(blocks)
    assert found == 39


def test_the_one_block_of_a_reply_is_the_one_file_that_is_expected() -> None:
    found = 0
    for reply in replies():
        single = SINGLE_BLOCK.search(reply)
        if single and reply.count("```") == 2 and not NAMED_BLOCK.search(reply):
            above = HEADING.search(reply)
            path = above[1] if above else "pkg/app.py"
            assert [tuple(file) for file in extract(reply, TAG, (path,))] == [(path, single[1])]
            assert extract(reply, TAG, ("another.py",)) == [] or not above
            found += 1
    assert found == 20


def test_diagrams_data_and_prose_are_no_source_files() -> None:
    for reply in replies():
        if not re.search(r"^ *```(python|Code)?$", reply, re.MULTILINE):
            assert extract(reply, TAG, ("app.py",)) == []


def test_each_is_read_or_refused_whatever_is_expected() -> None:
    for reply in replies():
        for expected in ((), ("main.py", "game.py"), ("README.md",), ("plan.json", "index.html", "Makefile")):
            assert all(file.content in reply and file.path in expected for file in read(reply, expected))


def read(reply: str, expected: tuple[str, ...]) -> list[GeneratedFile]:
    """Return the files; none if a block is not closed, as in one of these replies."""
    try:
        return extract(reply, TAG, expected)
    except MalformedReply as refusal:
        reason = str(refusal)
    assert "is not closed" in reason
    return []
