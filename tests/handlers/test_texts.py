"""Text that people may write: visible, without hidden characters or what editors add around it."""

import re
from typing import Any

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


SCHEMAS = {kind: TypeAdapter(kind).json_schema() for kind in (Name, Requirements)}


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        (Name, ["Shop", " X ", "é"], ["", " ", "a\nb", "a\tb", "a\u200bb", "\u2028", "a\u202eb"]),
        (Requirements, ["A\nshop", "a\u200bb"], ["", " \u200b\n", "a\x00b", "a\u202eb", "a\U000e0041b"]),
    ],
    ids=["name", "requirements"],
)
def test_the_pattern_of_the_document_takes_what_is_taken(kind: Any, taken: list[str], refused: list[str]) -> None:
    pattern = SCHEMAS[kind]["pattern"]
    assert all(re.search(pattern, text) for text in taken)
    assert not any(re.search(pattern, text) for text in refused)


def test_the_document_tells_the_bounds_and_an_example() -> None:
    name, requirements = (
        {key: value for key, value in schema.items() if key != "pattern"} for schema in SCHEMAS.values()
    )
    assert name == {"type": "string", "minLength": 1, "maxLength": 100, "examples": ["To-do service"]}
    assert requirements == {
        "type": "string",
        "minLength": 10,
        "maxLength": 20_000,
        "examples": ["A REST service for to-do lists in Python, with tests."],
    }


@pytest.mark.parametrize(
    "code",
    [0x08, 0x0B, 0x0E, 0x1F, 0x7F, 0x9F, 0x061C, 0x200E, 0x2061, 0x2064, 0x2066, 0x2069, 0xFFF9, 0xFFFD, 0xE007F],
)
def test_a_character_that_hides_something_is_refused_by_its_number(code: int) -> None:
    with pytest.raises(ValidationError, match=rf"must not contain the character U\+{code:04X}"):
        REQUIREMENTS.validate_python(f"A shop {chr(code)} for tea.")


def test_a_text_may_be_as_long_as_is_said() -> None:
    assert [NAME.validate_python(letter) for letter in "aXé1-"] == [*"aXé1-"]
    assert NAME.validate_python("x" * 100)
    assert REQUIREMENTS.validate_python("x" * 10)
    assert REQUIREMENTS.validate_python("x" * MAX_REQUIREMENTS)
