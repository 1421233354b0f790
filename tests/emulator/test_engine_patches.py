"""The patch set fits the installed MiniStack, lists everything that it replaces, and is documented."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from agenticai.emulator.engines.ministack.patches import PATCHES, RELEASE

ROOT = Path(__file__).parents[2]
SEEN = Path(__file__).with_name("ministack_parts.json")
"""The looks of all parts in `RELEASE`; `python -m tests.emulator.ministack_parts` prints the installed ones."""

ADVICE = """{part} is not what it was in MiniStack {release}.
See what changed, and what docs/engine-patches.md says of the patch “{patch}”; once the patch fits again, or is gone,
note the new look in {seen}."""


@pytest.fixture(scope="module")
def printed() -> Any:
    command = [sys.executable, "-m", "tests.emulator.ministack_parts"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("patch", "part"), [(patch.name, part) for patch in PATCHES for part in patch.parts])
def test_a_part_is_as_it_was_seen(printed: Any, patch: str, part: str) -> None:
    seen = json.loads(SEEN.read_text("utf-8"))[part]
    assert printed["looks"][part] == seen, ADVICE.format(part=part, release=RELEASE, patch=patch, seen=SEEN.name)


def test_the_patch_set_names_all_that_is_exchanged(printed: Any) -> None:
    assert printed["exchanged"] == sorted({part for patch in PATCHES for part in patch.parts})


def test_the_release_is_the_one_that_was_looked_at() -> None:
    assert metadata.version("ministack") == RELEASE


def test_each_patch_is_described() -> None:
    page = (ROOT / "docs" / "engine-patches.md").read_text("utf-8")
    assert re.findall(r"^## (.*)$", page, re.M) == [patch.name for patch in PATCHES]
    assert RELEASE in page
