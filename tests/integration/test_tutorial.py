"""The tutorial's commands, run one after another on an engine, print what the tutorial shows."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.test_command_line import home_of_its_own, served, without_key

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
STARTS = "make up\n"


class Block(NamedTuple):
    """Commands and their output, with … for parts that differ between runs."""

    commands: str
    shown: str


BLOCKS = [
    Block(*found)
    for found in re.findall(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", TUTORIAL, re.MULTILINE | re.DOTALL)
]


def find_missing(shown: str, printed: str) -> str:
    """Return the first shown line that is missing, in this order, in the printed ones; empty if none is.

    A … within a line stands for any text, and alone on a line for any lines.
    """
    left = iter(line.rstrip() for line in printed.splitlines())
    for line in filter(lambda line: line != "…", shown.splitlines()):
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in line.split("…")))
        if not any(pattern.search(one) for one in left):
            return line
    return ""


def test_what_is_missing_is_found() -> None:
    assert find_missing("a\n…\nb … c\n", "a\nx\nb 1 c\n") == ""
    assert find_missing("b … c\na\n", "a\nb 1 c\n") == "a"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the repository, with what the tutorial names."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The output of each block of commands; the engine is started as `make up` does."""
    home = home_of_its_own(tmp_path_factory.mktemp("state"))
    environ = without_key() | {"AGENTICAI_HOME": str(home), "COLUMNS": "160", "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"]])
    with served(home):
        yield [run(block.commands, folder, environ) for block in BLOCKS]


def run(commands: str, folder: Path, environ: dict[str, str]) -> str:
    if commands == STARTS:
        return ""
    # A reader types all blocks into one terminal: each has to end in the folder in which the next begins.
    shell = ["bash", "-euo", "pipefail", "-c", f'{commands}\n[ "$PWD" -ef "$0" ]', str(folder)]
    done = subprocess.run(
        shell,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    return done.stdout


def test_it_begins_with_the_engine_and_shows_what_most_commands_print() -> None:
    assert BLOCKS[0].commands == STARTS
    assert len([block for block in BLOCKS if block.shown]) > 6
    assert TUTORIAL.count("```sh\n") == len(BLOCKS)


@pytest.mark.parametrize("number", range(1, len(BLOCKS)))
def test_commands_print_what_is_shown(number: int, printed: list[str]) -> None:
    assert find_missing(BLOCKS[number].shown, printed[number]) == "", printed[number]


def test_the_change_is_one_that_replies_are_stored_for() -> None:
    change = (ROOT / "docs" / "examples" / "greeting-change.md").read_text("utf-8")
    assert change.splitlines()[0] in (ROOT / "scenarios" / "library" / "greeting.yaml").read_text("utf-8")
