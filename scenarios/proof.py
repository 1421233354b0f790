"""The proof that generated code works: its own tests, run in a clean process."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 120

_RUNNER = (
    "import sys, unittest; sys.path.insert(0, '.'); unittest.main(module=None, argv=['tests', 'discover', '-t', '.'])"
)


@dataclass(frozen=True)
class TestRun:
    """How a project's own tests ended; `output` is what they printed."""

    __test__ = False
    passed: bool
    ran: int
    output: str


def run_tests(code: Path) -> TestRun:
    """Run the unittest tests below `code` with this interpreter, isolated: no site packages of ours, no environment."""
    try:
        finished = subprocess.run(
            [sys.executable, "-I", "-B", "-S", "-c", _RUNNER],
            cwd=code,
            env={},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return TestRun(False, 0, f"The tests did not end within {TIMEOUT_SECONDS} seconds.")
    ran = _count(finished.stderr)
    return TestRun(finished.returncode == 0 and ran > 0, ran, finished.stderr.strip())


def _count(output: str) -> int:
    """The number in unittest's line "Ran 14 tests in 0.5s"; 0 where there is none."""
    words = next((line.split() for line in output.splitlines() if line.startswith("Ran ")), [])
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
