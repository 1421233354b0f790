"""One mutant, tried with the tests that run its line."""

import json
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from covering import DECIDING, HERE, Covering, python
from mutations import Mutant

FIRST: Final = 12
"""So many tests are tried before the rest are even collected."""

LONGEST_S: Final = 60.0
"""How long the tests of one mutant take at most, by what they took without it."""

SPARE_S: Final = 60.0
"""What a slow machine needs for the start of pytest, and for all else that takes longer than it did."""

OPTIONS: Final = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov")


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    NOT_COVERED = "not covered"


FOUND: Final = (Fate.KILLED, Fate.TIMED_OUT)


class Tests:
    """The unit tests of a copy of the repository, in a process that forks for each run."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process = subprocess.Popen(
            [str(python(root)), str(HERE / "forking.py"), *DECIDING],
            cwd=root,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def decide(self, mutant: Mutant, code: str, covering: Covering) -> Fate:
        """Run the tests on the changed file, and change it back."""
        tests = _within(covering.tests(mutant), covering)
        if not tests:
            return Fate.NOT_COVERED
        with _changed(self._root / mutant.path, code):
            return (
                self.run(tests[:FIRST], covering.seconds(tests[:FIRST]))
                or self.run(tests[FIRST:], covering.seconds(tests[FIRST:]))
                or Fate.SURVIVED
            )

    def run(self, tests: list[str], seconds: float) -> Fate | None:
        """Return how the tests found that something is changed; None if they all pass."""
        if not tests:
            return None
        self._process.stdin.write(json.dumps([*OPTIONS, *tests]).encode() + b"\n")
        pid = self._read()
        if not select.select([self._process.stdout], [], [], 3 * seconds + SPARE_S)[0]:
            os.killpg(pid, 9)
            self._read()
            return Fate.TIMED_OUT
        return Fate.KILLED if self._read() else None

    def _read(self) -> int:
        return int(self._process.stdout.readline())


def _within(tests: list[str], covering: Covering) -> list[str]:
    chosen: list[str] = []
    left_s = LONGEST_S
    for test in tests:
        left_s -= covering.seconds([test])
        if left_s < 0 and chosen:
            break
        chosen.append(test)
    return chosen


@contextmanager
def _changed(path: Path, code: str) -> Iterator[None]:
    before, status = path.read_bytes(), path.stat()
    path.write_text(code, encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # what was compiled of it is true again
