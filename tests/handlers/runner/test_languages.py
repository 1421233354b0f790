"""Each language has its own runner."""

import pytest

from shared.runners.languages import LanguageRunners
from tests.fakes.runner import FakeRunner
from tests.handlers.runner.asking import request


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_runner_of_the_language_is_asked(language: str) -> None:
    python, node = FakeRunner(), FakeRunner()
    asked = request({"test_it.py": ""}, language)
    LanguageRunners({"python": python, "node": node}).run(asked)
    assert (python.asked, node.asked) == (([asked], []) if language == "python" else ([], [asked]))
