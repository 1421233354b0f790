"""Runs tests, each time in a fork of a process that has imported all but this repository's code.

Usage: python forking.py PATH ... in the root of the repository; reads pytest's arguments as a line of JSON, and answers
with the process id and then with the exit status, each on a line of its own.
"""

import contextlib
import ctypes
import gc
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

_PR_SET_CHILD_SUBREAPER: Final = 36
"""Orphans become this process's children (prctl(2)): a test may start some in sessions of their own."""


def main(paths: list[str]) -> None:
    """Import what the tests below the paths import, and answer until there is no more to read."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *paths])
    _forget(Path.cwd())
    gc.freeze()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _run(json.loads(line))
        answers.write(f"{pid}\n")
        _, status = os.waitpid(pid, 0)
        _end_orphans()
        answers.write(f"{status}\n")


def _run(arguments: list[str]) -> None:
    status = 1
    try:
        os.setsid()
        status = pytest.main(arguments)
    finally:
        os._exit(status)


def _end_orphans() -> None:
    while left := [pid for pid, parent in _processes() if parent == os.getpid()]:
        for pid in left:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


def _processes() -> Iterator[tuple[int, int]]:
    """Yield each process of this machine with its parent."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), int(path.read_text("utf-8", errors="replace").rpartition(")")[2].split()[1])


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
