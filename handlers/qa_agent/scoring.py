"""The score: six parts with fixed weights; only parts that could be measured count.

score = 100 x sum(points of measured parts) / sum(weights of measured parts)

docs/quality-score.md explains it with an example; a test checks that page against this module.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from qa_agent.analysers import javascript_security
from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.syntax import SYNTAX
from qa_agent.evidence import LANGUAGES
from shared.models.quality import ScorePart, Severity
from shared.models.runs import TestsRun
from shared.source_files import TEXT

WEIGHTS: Final = {"syntax": 40, "security": 20, "tests": 15, "lint": 10, "complexity": 10, "documentation": 5}
PASSING_SCORE: Final = 70.0

PENALTIES: Final = {Severity.ERROR: 5, Severity.WARNING: 1, Severity.INFO: 0}
TOLERANCE: Final = 5
"""Penalties per hundred lines that cost all points of a part."""
LEAST_LINES: Final = 200
"""A smaller project counts as having this many lines, as otherwise one finding would cost a whole part."""

ENOUGH_TESTS: Final = 0.5
"""Lines of tests per line of code for full points."""
ENOUGH_WORDS: Final = 10
"""Words in the README for full points."""

FAILED: Final = "-failed"
"""The suffix of the rule that reports an analyser's failure, after the analyser's name."""

_SECURITY: Final = javascript_security.RULES | {"secret", "hidden-text"}
_LINT: Final = frozenset(
    {"import", "call", "undeclared-dependency", "undefined-name", "reference", "leftover", "empty-catch"}
)
_LINTED: Final = frozenset({"python", "javascript", "typescript", "html"})

# Read by people or by their own tools: no parser is expected for them.
_PROSE_LANGUAGES: Final = frozenset({"markdown", "ini", "make", "dockerfile", "go-module", "mermaid", "diff"})
_PROSE_SUFFIXES: Final = frozenset(
    (
        *("", ".txt", ".rst", ".adoc", ".csv", ".tsv", ".log", ".lock", ".sum", ".env", ".example", ".sample", ".conf"),
        *(".properties", ".editorconfig", ".svg", ".ico", ".map", ".pem", ".typed", ".in", ".tpl", ".tmpl", ".mod"),
        *(".work", ".local"),
    )
)
_DATA: Final = frozenset({"json", "yaml", "toml", "xml", "html", "css", "sql"})


def score_parts(
    files: Sequence[SourceFile], faults: Sequence[Fault], measured: Collection[str], runs: Sequence[TestsRun] = ()
) -> tuple[ScorePart, ...]:
    """Return the parts of the score; `measured` are the paths of files that a parser could read.

    `runs` are the results of the tests, one for each language that has tests.
    """
    code = [file for file in files if not _is_prose(file)]
    return (
        _score_syntax(code, faults, measured),
        _score_security(code, faults),
        _score_tests(code, runs),
        _score_lint(code, faults),
        _score_complexity(code, faults),
        _score_documentation(files),
    )


def calculate_total(parts: Iterable[ScorePart]) -> float:
    """Return the score, 0 to 100 with one decimal; 0 if nothing could be measured."""
    measured = [part for part in parts if part.measured]
    weight = sum(part.weight for part in measured)
    return round(100 * sum(part.points for part in measured) / weight, 1) if weight else 0.0


def find_reasons_against(score: float, faults: Iterable[Fault]) -> tuple[str, ...]:
    """Return why a revision may not be packaged; empty if it may."""
    errors = sum(fault.severity is Severity.ERROR for fault in faults)
    score_reason = f"the score of {score:g} is under {PASSING_SCORE:g}" if score < PASSING_SCORE else ""
    error_reason = f"{errors} finding{'s' * (errors > 1)} of severity error must be repaired" if errors else ""
    return tuple(filter(None, (error_reason, score_reason)))


def make_failures(analyser: str, files: Iterable[SourceFile], reason: str) -> list[Fault]:
    """Return a fault for each file that an analyser could not check."""
    message = f"could not be checked by {analyser}: {reason}"
    return [Fault(file.path, 1, analyser + FAILED, Severity.ERROR, message) for file in files]


def _is_prose(file: SourceFile) -> bool:
    if file.language == TEXT:
        return PurePosixPath(file.path).suffix.lower() in _PROSE_SUFFIXES
    return file.language in _PROSE_LANGUAGES


def _score_syntax(code: Sequence[SourceFile], faults: Sequence[Fault], measured: Collection[str]) -> ScorePart:
    """Return the share of lines in files that parse; unreadable files do not count as parsed."""
    broken = {fault.path for fault in faults if fault.rule == SYNTAX}
    parsed = [file for file in code if file.path in measured and file.path not in broken]
    lines, good = _count_lines(code), _count_lines(parsed)
    if not code:
        return _make_part("syntax", None, "there is nothing to parse")
    share = good / lines if lines else float(len(parsed) == len(code))
    unread = sum(file.path not in measured for file in code)
    unread_note = f"; {unread} could not be read" if unread else ""
    return _make_part(
        "syntax", share, f"{len(parsed)} of {len(code)} files parse, {good} of {lines} lines{unread_note}"
    )


def _score_security(code: Sequence[SourceFile], faults: Sequence[Fault]) -> ScorePart:
    findings = [fault for fault in faults if fault.rule.startswith("S") or fault.rule in _SECURITY]
    failures = _count_failures(faults, "secrets", "ruff", "javascript-security", "hidden-text")
    return _penalise("security", code, findings, failures)


def _score_lint(code: Sequence[SourceFile], faults: Sequence[Fault]) -> ScorePart:
    findings = [fault for fault in faults if fault.rule.startswith(("F", "B")) or fault.rule in _LINT]
    files = [file for file in code if file.language in _LINTED]
    failures = _count_failures(faults, "ruff", "python-links", "javascript-links", "html-links", "leftovers")
    return _penalise("lint", files, findings, failures)


def _score_complexity(code: Sequence[SourceFile], faults: Sequence[Fault]) -> ScorePart:
    from qa_agent.analysers.complexity import Complexity
    from qa_agent.analysers.ruff import Ruff

    findings = [fault for fault in faults if fault.rule in {"C901", "complexity"}]
    files = [file for file in code if not file.is_test and (Ruff().reads(file) or Complexity().reads(file))]
    return _penalise("complexity", files, findings, _count_failures(faults, "ruff", "lizard"))


def _count_failures(faults: Iterable[Fault], *analysers: str) -> int:
    return sum(fault.rule in {analyser + FAILED for analyser in analysers} for fault in faults)


def _penalise(name: str, files: Sequence[SourceFile], findings: Sequence[Fault], failures: int) -> ScorePart:
    """Return a part that loses points by findings per line; it has no points if an analyser failed."""
    if not files:
        return _make_part(name, None, "there is no file in a language that is measured")
    if failures:
        return _make_part(name, 0.0, f"{failures} checks failed")
    penalty, lines = sum(PENALTIES[fault.severity] for fault in findings), _count_lines(files)
    share = max(0.0, 1 - 100 * penalty / max(LEAST_LINES, lines) / TOLERANCE)
    return _make_part(name, share, f"{len(findings)} findings in {lines} lines, with penalties of {penalty}")


def _score_tests(code: Sequence[SourceFile], runs: Sequence[TestsRun]) -> ScorePart:
    """Return the part for tests that were run: they count if they pass, check something and notice faults."""
    programs = [file for file in code if file.language not in _DATA]
    if all(file.is_test for file in programs):
        return _make_part("tests", None, "there is no code to test")
    if not any(file.is_test for file in programs):
        return _make_part("tests", 0.0, "there are no tests")
    completed = [run for run in runs if not run.not_run]
    if not completed:
        reasons = "; ".join(f"{run.language}: {run.not_run}" for run in runs) or "nothing here runs their language"
        return _make_part("tests", None, f"the tests were not run: {reasons}")
    languages = frozenset[str]().union(*(LANGUAGES[run.language] for run in completed))
    lines = _count_lines(file for file in programs if file.language in languages and not file.is_test)
    tests = _count_lines(file for file in programs if file.language in languages and file.is_test)
    good, noticed = _count_passing(completed), _count_noticed(completed)
    enough = min(1.0, tests / (ENOUGH_TESTS * lines)) if lines else 1.0
    told = f"{good[0]} of {good[1]} tests pass and check something, {tests} lines of them for {lines} lines of code"
    emptied = f"; {noticed[0]} of {noticed[1]} emptied functions were noticed" if noticed[1] else ""
    return _make_part("tests", enough * _calculate_share(good) * _calculate_share(noticed), told + emptied)


def _count_passing(runs: Sequence[TestsRun]) -> tuple[int, int]:
    """Return how many tests passed with checks, and how many there are; none passes if a run had trouble."""
    tests = [test for run in runs for test in run.tests if test.outcome != "skipped"]
    void = any(run.trouble for run in runs)
    return sum(test.outcome == "passed" and test.checks != 0 for test in tests) * (not void), len(tests)


def _count_noticed(runs: Sequence[TestsRun]) -> tuple[int, int]:
    """Return how many of the emptied functions the tests noticed, and how many they called."""
    called = [function for run in runs for function in run.emptied if function.called]
    return sum(function.noticed for function in called), len(called)


def _calculate_share(counts: tuple[int, int]) -> float:
    return counts[0] / counts[1] if counts[1] else 1.0


def _score_documentation(files: Sequence[SourceFile]) -> ScorePart:
    readme = next((file.text for file in files if file.path.lower().startswith("readme")), "")
    words = len(readme.split())
    return _make_part("documentation", float(words >= ENOUGH_WORDS), f"the README has {words} words")


def _make_part(name: str, share: float | None, explanation: str) -> ScorePart:
    weight = WEIGHTS[name]
    points = round(weight * (share or 0.0), 2)
    return ScorePart(name=name, weight=weight, points=points, measured=share is not None, explanation=explanation)


def _count_lines(files: Iterable[SourceFile]) -> int:
    return sum(bool(line.strip()) for file in files for line in file.text.split("\n"))
