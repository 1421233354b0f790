"""The documentation of the fixtures for other projects is correct."""

import re
from pathlib import Path

import agenticai.emulator.testing
from agenticai.emulator.client import ControlClient

ROOT = Path(__file__).parents[2]


class TestDocument:
    TEXT = (ROOT / "docs" / "testing.md").read_text("utf-8")
    EXAMPLE = ROOT / "docs" / "examples" / "orders"

    def test_it_names_every_fixture(self) -> None:
        source = Path(agenticai.emulator.testing.__file__).read_text("utf-8")
        fixtures = re.findall(r"^@pytest\.fixture.*\ndef ([a-z]\w+)", source, re.MULTILINE)
        assert len(fixtures) == 12
        assert [name for name in fixtures if f"| `{name}` |" not in self.TEXT] == []

    def test_every_call_in_it_exists(self) -> None:
        named = re.findall(r"^\| `(\w+)\(", self.TEXT, re.MULTILINE)
        assert named
        assert [name for name in named if not hasattr(ControlClient, name)] == []

    def test_its_code_is_the_examples(self) -> None:
        blocks = re.findall(r"```python\n(.*?)```", self.TEXT, re.DOTALL)
        files = [path.read_text("utf-8") for path in self.EXAMPLE.glob("*.py")]
        assert len(blocks) == 3
        for block in blocks:
            for part in block.strip().split("\n\n\n"):
                assert any(part in text for text in files), part
