"""Where the tests find their fixtures, and what is deployed for them."""

from pathlib import Path

import pytest

pytest_plugins = ["agenticai.emulator.testing"]


@pytest.fixture(scope="session")
def agenticai_template() -> Path:
    return Path(__file__).parent / "template.yaml"
