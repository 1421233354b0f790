"""What the readers of a reply share: its lines, their indent, and whether code ends in the middle."""

import pytest

from dev_agent.generated import is_unfinished, split_lines, unindent


def test_only_a_line_feed_ends_a_line() -> None:
    assert split_lines("a\r\nb\rc\x0cd\u2028e\n\nf") == ["a\r\n", "b\rc\x0cd\u2028e\n", "\n", "f"]


@pytest.mark.parametrize(
    ("indent", "lines", "left"),
    [
        ("  ", ["  a\n", "    b\n"], ["a\n", "  b\n"]),
        ("- ", ["  a\n"], ["a\n"]),
        ("1. ", ["   a\n"], ["a\n"]),
        ("\t", ["\ta\n"], ["a\n"]),
        ("\t", ["    a\n"], ["    a\n"]),
        ("  ", ["  a\n", "b\n"], ["  a\n", "b\n"]),
        ("    ", ["    a\n", "  \n", "\n", "      \n"], ["a\n", "\n", "\n", "  \n"]),
        ("", ["  a\n", " \n"], ["  a\n", " \n"]),
    ],
    ids=["spaces", "bullet", "number", "tab", "tab-and-spaces", "not-all", "blank-lines", "none"],
)
def test_lines_lose_the_indent_that_all_of_them_have(indent: str, lines: list[str], left: list[str]) -> None:
    assert unindent(lines, indent) == left


@pytest.mark.parametrize(
    ("path", "content", "unfinished"),
    [
        ("a.py", "x = 1\n", False),
        ("a.py", "pattern = '\\d'\n", False),
        ("a.py", "braces = '{{'\n", False),
        ("a.py", "def f(\n", True),
        ("a.py", "x = '\0'\n", True),
        ("a.js", "", False),
        ("a.js", "f() {}\n", False),
        ("a.js", "f() {\n", True),
        ("a.js", "f() {}}\n", False),
        ("a.js", "/* x */\n", False),
        ("a.js", "/* x\n", True),
        ("a.txt", "{\n", True),
    ],
)
def test_code_that_ends_in_the_middle_is_seen(path: str, content: str, unfinished: bool) -> None:
    assert is_unfinished(path, content) is unfinished
