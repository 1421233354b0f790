"""Text that people may write: visible, without hidden characters or what editors add around it."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.models.text import MAX_REQUIREMENTS, Name, Requirements

NAME: TypeAdapter[str] = TypeAdapter(Name)
REQUIREMENTS: TypeAdapter[str] = TypeAdapter(Requirements)


@pytest.mark.parametrize("written", [" Shop ", "\u00a0Shop", "Shop"])
def test_blanks_around_a_name_are_taken_off(written: str) -> None:
    assert NAME.validate_python(written) == "Shop"


@pytest.mark.parametrize("written", ["\ufeffA shop for tea.", "A shop for tea.\n\ufeff", " \ufeff \nA shop for tea."])
def test_so_is_the_mark_that_editors_put_before_a_text(written: str) -> None:
    assert REQUIREMENTS.validate_python(written) == "A shop for tea."


@pytest.mark.parametrize("written", ["XXA shop for teaXX", "A\tshop\x0cfor\u00adtea", "é" * 10])
def test_all_else_stays(written: str) -> None:
    assert REQUIREMENTS.validate_python(written) == written


@pytest.mark.parametrize(
    ("adapter", "written", "reason"),
    [
        (NAME, "", "at least 1 character"),
        (NAME, " \u00a0 ", "must not be blank"),
        (NAME, "x" * 101, "at most 100 characters"),
        (NAME, "a\nb", r"must not contain the character U\+000A"),
        (NAME, "a\u200bb", r"must not contain the character U\+200B"),
        (REQUIREMENTS, "x" * 9, "at least 10 characters"),
        (REQUIREMENTS, "x" * (MAX_REQUIREMENTS + 1), f"at most {MAX_REQUIREMENTS} characters"),
        (REQUIREMENTS, "\u200b" * 10, "must not be blank"),
        (REQUIREMENTS, "A shop \u202efor tea", r"must not contain the character U\+202E"),
        (REQUIREMENTS, "A shop \U000e0041for tea", r"must not contain the character U\+E0041"),
        (REQUIREMENTS, "A shop \x00for tea", r"must not contain the character U\+0000"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(adapter: TypeAdapter[str], written: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        adapter.validate_python(written)


def test_a_text_may_be_as_long_as_is_said() -> None:
    assert [NAME.validate_python(letter) for letter in "aXé1-"] == [*"aXé1-"]
    assert NAME.validate_python("x" * 100)
    assert REQUIREMENTS.validate_python("x" * 10)
    assert REQUIREMENTS.validate_python("x" * MAX_REQUIREMENTS)
