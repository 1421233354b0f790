"""uv's error messages are complete, for any width of the terminal."""

from pathlib import Path

import pytest

from agenticai.stack.errors import BuildError
from agenticai.stack.installer import run_uv


@pytest.mark.parametrize("columns", ["20", "60"])
def test_a_complaint_is_whole_in_a_narrow_terminal(columns: str, tmp_path: Path) -> None:
    missing = tmp_path / "a requirements file with a rather long name.txt"
    with pytest.raises(BuildError, match=r"with a rather long name\.txt"):
        run_uv(["pip", "install", "--offline", "--target", str(tmp_path), "-r", str(missing)], {"COLUMNS": columns})
