"""Which part of an output is kept, and how it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.sandbox.output import BoundedOutput, escape_unprintable


@given(st.lists(st.binary(max_size=30)), st.integers(1, 20).map(lambda half: 2 * half))
def test_the_beginning_and_the_end_are_kept_and_the_rest_is_counted(chunks: list[bytes], limit: int) -> None:
    kept, whole = BoundedOutput(limit), b"".join(chunks)
    for chunk in chunks:
        kept.add(chunk)
    assert kept.left_out == max(0, len(whole) - limit)
    assert kept.whole == (whole if len(whole) <= limit else whole[: limit // 2] + whole[-limit // 2 :])
    assert (" bytes left out ..." in kept.text) == (len(whole) > limit)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain\n\ttext\r\n", "plain\n\ttext\n"),
        (b"\x1b[2J\x07\x08\r", r"\x1b[2J\x07\x08\r"),
        (b"caf\xc3\xa9 \xff", "café \\xff"),
        ("\u202e\u200b\x9b31m\ud800\u2028", r"\u202e\u200b\x9b31m\ud800\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("[/nope] 概要", "[/nope] 概要"),
    ],
)
def test_only_what_is_printed_as_it_is_is_shown_as_it_is(content: bytes | str, text: str) -> None:
    assert escape_unprintable(content) == text


@given(st.binary())
def test_whatever_is_shown_can_be_encoded_and_controls_nothing(content: bytes) -> None:
    text = escape_unprintable(content)
    text.encode()
    assert all(char.isprintable() or char in "\n\t " or char.isspace() for char in text)
