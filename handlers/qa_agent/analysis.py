"""The analysis of a revision: every file that a tool can read, the findings, and the score they make."""

from collections.abc import Mapping

from qa_agent.scoring import parts_of, passes, total
from qa_agent.syntax import PARSERS
from shared.models.project import Revision
from shared.models.quality import Finding, QualityReport, Severity
from shared.source_files import language_of

AROUND = 2
"""Lines shown before and after the one that a finding names."""


def analyse(revision: Revision, files: Mapping[str, str]) -> QualityReport:
    """Check and score the files (text by path). A tool that crashes is a finding, never a pass."""
    languages = {path: language_of(path, text) for path, text in files.items()}
    measured = tuple(path for path, language in languages.items() if language in PARSERS)
    findings = tuple(finding for path in measured for finding in _check(path, languages[path], files[path]))
    parts = parts_of(files, findings, measured)
    score = total(parts)
    return QualityReport(
        revision=revision,
        score=score,
        passed=passes(score, findings),
        parts=parts,
        findings=findings,
        measured=measured,
        not_measured=tuple(path for path in files if path not in measured),
    )


def _check(path: str, language: str, text: str) -> list[Finding]:
    try:
        fault = PARSERS[language](text)
    except Exception as crash:  # noqa: BLE001 - fails closed: whatever breaks a parser counts against the file
        return [_finding(path, 1, "analyser-crashed", f"{type(crash).__name__}: {crash}", text)]
    return [_finding(path, fault.line, "syntax", fault.message, text)] if fault else []


def _finding(path: str, line: int, rule: str, message: str, text: str) -> Finding:
    lines = text.splitlines()
    line = max(1, line)
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    return Finding(
        path=path,
        line=line,
        rule=rule,
        severity=Severity.ERROR,
        message=message,
        lines=tuple(f"{number}: {lines[number - 1]}" for number in range(first, last + 1)),
    )
