"""What is printed to be pasted is the command as it was started."""

import os
import sys
from pathlib import Path

import pytest

from agenticai.display import counted, this_command


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "agenticai"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_what_the_path_finds_is_named_alone(program: Path) -> None:
    assert this_command(str(program), search=str(program.parent)) == "agenticai"


def test_what_the_path_does_not_find_is_named_in_full(program: Path, tmp_path: Path) -> None:
    assert this_command(str(program), search=str(tmp_path)) == str(program)
    assert this_command(".venv/bin/agenticai", search=str(program.parent)) == ".venv/bin/agenticai"
    assert this_command(os.path.join(Path.cwd(), "my tools", "agenticai"), search="") == "'my tools/agenticai'"


def test_a_module_is_started_by_its_python() -> None:
    python = str(Path.cwd() / ".venv" / "bin" / "python")
    assert this_command(str(Path.cwd() / "agenticai" / "__main__.py"), python) == ".venv/bin/python -m agenticai"
    assert this_command("agenticai/__main__.py").endswith(f"{Path(sys.executable).name} -m agenticai")


def test_one_thing_is_not_several() -> None:
    assert [counted(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
