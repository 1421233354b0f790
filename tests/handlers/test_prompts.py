"""What people wrote stands in a prompt between marks that it cannot forge."""

import hashlib

import pytest

from shared.prompts import load, make_tag, mark_as_data


def test_a_text_stands_between_its_marks_without_the_blanks_around() -> None:
    assert mark_as_data("file", "0123abcd", "\n a text \n") == "<file-0123abcd>\na text\n</file-0123abcd>"


def test_a_tag_is_the_beginning_of_a_digest_of_the_digests() -> None:
    inner = hashlib.sha256("ä".encode()).digest() + hashlib.sha256(b"b").digest()
    assert make_tag("ä", "b") == hashlib.sha256(inner).hexdigest()[:8]


@pytest.mark.parametrize("texts", [("ab",), ("b", "a"), ("a", "b", ""), ("a", "")])
def test_a_tag_depends_on_each_text(texts: tuple[str, ...]) -> None:
    assert make_tag(*texts) != make_tag("a", "b")


def test_a_prompt_is_read_from_the_agents_own_folder() -> None:
    assert load("pm_agent", "system").template != load("dev_agent", "system").template
    with pytest.raises(FileNotFoundError):
        load("pm_agent", "none")
