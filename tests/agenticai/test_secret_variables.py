"""A secret with which a command was started is visible only to this command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agenticai.secret_variables import SECRETS

MARK = "AIzaSyMARKED-0123456789"
PROGRAM = """
import json, os, pathlib, resource, subprocess, sys
from agenticai.secret_variables import hide_secrets
hide_secrets()
shown = subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"], capture_output=True, text=True)
environ = pathlib.Path("/proc/self/environ")
print(json.dumps({
    "own": os.environ.get("GEMINI_API_KEY"),
    "others": environ.read_bytes().decode() if environ.exists() else "",
    "child": shown.stdout,
    "core": resource.getrlimit(resource.RLIMIT_CORE),
}))
"""


def hidden(**variables: str) -> dict[str, object]:
    """Return what a process that has hidden its secrets, and others, can see of them."""
    environ = {name: value for name, value in os.environ.items() if name not in SECRETS} | variables
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    seen: dict[str, object] = json.loads(done.stdout)
    return seen


def test_neither_other_processes_nor_its_own_see_it() -> None:
    seen = hidden(**dict.fromkeys(SECRETS, MARK), ANOTHER="kept")
    assert seen["own"] == MARK
    assert MARK not in str(seen["child"])
    assert "'ANOTHER': 'kept'" in str(seen["child"])
    assert seen["core"] == [0, 0]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_it_is_not_in_the_environment_that_the_system_shows() -> None:
    seen = hidden(**dict.fromkeys(SECRETS, MARK), ANOTHER="kept")
    assert MARK not in str(seen["others"])
    assert "\0ANOTHER=kept\0" in f"\0{seen['others']}"


def test_without_a_secret_nothing_changes() -> None:
    assert hidden()["own"] is None
