"""Runs tests, each time in a fork of a process that has imported all but this repository's code.

Usage: python forking.py PATH ... in the root of the repository; reads pytest's arguments as a line of JSON, and answers
with the process id and then with the exit status, each on a line of its own.
"""

import contextlib
import gc
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest


def main(paths: list[str]) -> None:
    """Import what the tests below the paths import, and answer until there is no more to read."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *paths])
    _forget(Path.cwd())
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _run(json.loads(line))
        answers.write(f"{pid}\n")
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, 9)  # what the tests started
        answers.write(f"{status}\n")


def _run(arguments: list[str]) -> None:
    status = 1
    try:
        os.setsid()
        status = pytest.main(arguments)
    finally:
        os._exit(status)


def _forget(root: Path) -> None:
    ours = [name for name, module in sys.modules.items() if name != "__main__" and _is_below(root, module)]
    for name in ours:
        del sys.modules[name]


def _is_below(root: Path, module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    places = [file] if file else list(getattr(module, "__path__", []))
    return any(Path(place).is_relative_to(root) and ".venv" not in place for place in places)


if __name__ == "__main__":
    main(sys.argv[1:])
