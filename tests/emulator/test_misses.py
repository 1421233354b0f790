"""A request without a stored reply is identified by its content, in an error that the agents understand."""

import pytest

from agenticai.emulator.gemini import misses
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.misses import LONGEST_TITLE, find_title
from shared.language_model import gemini_wire


def sent(*texts: str) -> CanonicalRequest:
    return CanonicalRequest.model_validate({"model": "m", "contents": [{"text": text} for text in texts]})


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        (["Plan the software that these requirements ask for.\n\n# A heading\n"], "Plan the software that these"),
        (["# The project\n\nA shop.\n\n# Your task: The   store\n\nLanguage: python"], "Your task: The store"),
        (["# Your task: quoted by a customer\n\n# Your task: repair\n"], "Your task: repair"),
        (["\n\n  Greet Ada.\nThen stop."], "Greet Ada."),
    ],
)
def test_it_is_named_by_its_task_or_its_first_line(texts: list[str], named: str) -> None:
    assert find_title(sent(*texts)).startswith(named)


def test_a_name_is_short_and_a_request_without_text_has_one() -> None:
    assert len(find_title(sent("x" * 5000))) == LONGEST_TITLE
    parts = CanonicalRequest.model_validate({"model": "m", "contents": [{"parts": [{"inline_data": {}}]}]})
    assert find_title(parts) == "a request without text"


def test_the_agents_know_the_error() -> None:
    assert misses.NO_STORED_REPLY == gemini_wire.NO_STORED_REPLY
