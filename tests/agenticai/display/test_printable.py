"""Untrusted text cannot control a terminal."""

import pytest

from agenticai.display.printable import printable, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [/nope] é 漢 ✓", "plain [/nope] é 漢 ✓"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\tb\r\nc\x00", "a\\tb\\r\\nc\\x00"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\ud83d half", "\\ud83d half"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028separator\x85", "line\\u2028separator\\x85"),
        ("o\udcc3\udc9f/\udcff", "o\\udcc3\\udc9f/\\udcff"),
        ("o\udcc3\udc9f", "o\u00df"),
        ("\udce2\udc80\udcaeevil", "\\u202eevil"),
        ("\U000e0041 tag", "\\U000e0041 tag"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).encode()


def test_lines_stay_lines() -> None:
    assert printable_lines("a\n\x07b\n") == ["a", "\\x07b", ""]
