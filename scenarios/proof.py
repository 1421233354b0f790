"""The proof that generated code works: its own tests, run in a clean process."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 120

_UNITTEST = (
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
    return _run([sys.executable, "-I", "-B", "-S", "-c", _UNITTEST], code, r"^Ran (\d+) test")


def run_node_tests(code: Path, node: str) -> TestRun:
    """Run the tests below `code` with the test runner of the program `node`, in an empty environment."""
    return _run([node, "--test", "--test-reporter=tap"], code, r"^# tests (\d+)")


def _run(command: list[str], code: Path, count: str) -> TestRun:
    """Run the tests; `count` finds their number in a line of the output. None at all are no proof."""
    try:
        finished = subprocess.run(
            command,
            cwd=code,
            env={},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return TestRun(False, 0, f"The tests did not end within {TIMEOUT_SECONDS} seconds.")
    found = re.search(count, finished.stdout, re.MULTILINE)
    ran = int(found[1]) if found else 0
    output = "There are none." if found and not ran else finished.stdout.strip()
    return TestRun(finished.returncode == 0 and ran > 0, ran, output)
