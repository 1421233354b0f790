"""A quick analysis, which only checks whether Python parses, for tests of everything else."""

import ast
from collections.abc import Mapping

from qa_agent.evidence import Evidence
from shared.models.project import Revision
from shared.models.quality import Finding, QualityReport, Severity


def parses(revision: Revision, files: Mapping[str, str], _: Evidence) -> QualityReport:
    """Pass a revision whose Python files parse; give 50 points to any other."""
    findings = tuple(finding for path, text in files.items() if path.endswith(".py") for finding in _faults(path, text))
    return QualityReport(
        revision=revision,
        score=50 if findings else 100,
        passed=not findings,
        parts=(),
        findings=findings,
        measured=tuple(path for path in files if path.endswith(".py")),
        not_measured=tuple(path for path in files if not path.endswith(".py")),
    )


def _faults(path: str, text: str) -> list[Finding]:
    try:
        ast.parse(text)
    except SyntaxError as error:
        line = error.lineno or 1
        shown = (f"{line}: {text.splitlines()[line - 1]}",)
        return [Finding(path=path, line=line, rule="syntax", severity=Severity.ERROR, message=error.msg, lines=shown)]
    return []
