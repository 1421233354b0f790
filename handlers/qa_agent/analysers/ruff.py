"""Checks Python with ruff for lint, security and complexity: the rule families F, S, B and C90."""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from ruff import find_ruff_bin

from qa_agent.analysers.port import AnalyserFailed, Fault, SourceFile
from qa_agent.analysers.python_security import Location, judge
from shared.models.severity import Severity
from shared.paths import accept_path

SECONDS: Final = 30
"""The time limit of one run."""

COMPLEX: Final = 10
"""The cyclomatic complexity above which a function is hard to test: McCabe's own limit (1976)."""

TARGET: Final = "py313"

_OPTIONS: Final = (
    "check", "--isolated", "--no-cache", "--quiet", "--exit-zero", "--output-format", "json", "--ignore-noqa",
    "--config", f"lint.mccabe.max-complexity={COMPLEX}",
)  # fmt: skip

# Certain to fail when the line runs: undefined names, misuse of print, of formats, of statements.
ERRORS: Final = ("F50", "F52", "F63", "F7", "F82")
# Reported for every program that starts another one, however careful it is.
_SILENT: Final = ("S404", "S603", "S607", "F401:__init__.py")
# Tests use assert, invent passwords, call local servers, and are as long as their list of cases.
_SILENT_IN_TESTS: Final = ("S", "B011", "B017", "C901")


class Ruff:
    """Runs ruff once over all Python files, in a temporary folder."""

    name: ClassVar[str] = "ruff"
    alone: ClassVar[bool] = False

    def reads(self, file: SourceFile) -> bool:
        """Return whether it is Python."""
        return file.language == "python"

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return ruff's findings in files with safe paths. Raises UnsafePath and AnalyserFailed."""
        by_path = {file.path: file for file in files}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            for file in files:
                target = folder / accept_path(file.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(file.text, encoding="utf-8", errors="replace", newline="")
            options = ("--select", "F,S,B,C90", "--target-version", TARGET, "--", *sorted(by_path))
            findings = run_ruff(options, "", folder)
            faults = [
                _read_finding(item, by_path[Path(item["filename"]).relative_to(folder).as_posix()]) for item in findings
            ]
        return [fault for fault in faults if fault]


def run_ruff(options: Sequence[str], text: str, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return ruff's findings, regardless of the machine's configuration. Raises AnalyserFailed."""
    try:
        completed = subprocess.run(
            [find_ruff_bin(), *_OPTIONS, *options],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            cwd=folder,
            env={"RAYON_NUM_THREADS": "2"},
            timeout=SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise AnalyserFailed(f"ruff ended with status {error.returncode}") from error
    except subprocess.TimeoutExpired as error:
        raise AnalyserFailed(f"ruff took more than {SECONDS} seconds") from error
    findings: list[dict[str, Any]] = json.loads(completed.stdout)
    if unreadable := next((item for item in findings if not item["location"]), None):
        raise AnalyserFailed(f"ruff could not read a file: {unreadable['message']}")
    return findings


def _read_finding(item: dict[str, Any], file: SourceFile) -> Fault | None:
    """Return a ruff finding as a fault; None if a parser reports it, or if it is acceptable in such a file."""
    rule = item["code"]
    if not rule or rule == "invalid-syntax" or _is_ignored(rule, file):
        return None
    start, end = item["location"], item["end_location"]
    if rule.startswith("S"):
        location = Location(start["row"], start["column"], end["row"], end["column"])
        severity = judge(rule, item["message"], file.text, location)
    else:
        severity = Severity.ERROR if rule.startswith(ERRORS) else Severity.WARNING
    return Fault(file.path, start["row"], rule, severity, item["message"]) if severity else None


def _is_ignored(rule: str, file: SourceFile) -> bool:
    if file.is_test and rule.startswith(_SILENT_IN_TESTS):
        return True
    return f"{rule}:{file.path.rpartition('/')[2]}" in _SILENT or rule in _SILENT
