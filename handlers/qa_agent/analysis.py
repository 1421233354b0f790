"""Analyses a revision: runs every analyser on the files that it reads, and derives findings and a score."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from qa_agent.analysers.complexity import Complexity
from qa_agent.analysers.hidden_text import HiddenText
from qa_agent.analysers.html_links import HtmlLinks
from qa_agent.analysers.isolation import LIMITS, JobLimits, JobResult, make_jobs, run
from qa_agent.analysers.javascript_links import JavascriptLinks
from qa_agent.analysers.javascript_security import JavascriptSecurity
from qa_agent.analysers.leftovers import Leftovers
from qa_agent.analysers.port import Analyser, Fault, SourceFile
from qa_agent.analysers.python_links import PythonLinks
from qa_agent.analysers.ruff import Ruff
from qa_agent.analysers.secrets import RULE as SECRET
from qa_agent.analysers.secrets import Secrets, mask_secrets
from qa_agent.analysers.syntax import DOUBT, SYNTAX, Syntax
from qa_agent.evidence import Evidence
from qa_agent.scoring import calculate_total, find_reasons_against, make_failures, score_parts
from qa_agent.test_faults import TEST, find_related, find_test_faults
from shared.models.project import Revision
from shared.models.quality import Finding, QualityReport, Severity
from shared.source_files import detect_language

ANALYSERS: Final[tuple[Analyser, ...]] = (
    *(Syntax(), Ruff(), Complexity(), Secrets(), HiddenText(), Leftovers()),
    *(PythonLinks(), JavascriptLinks(), HtmlLinks(), JavascriptSecurity()),
)

AROUND: Final = 2
"""Lines shown before and after a finding's line."""

WIDTH: Final = 160
"""Maximum characters shown of a line; of a message, three times as many."""

MOST: Final = 500
"""Maximum findings in a report, the worst first; all of them count in the score."""

NOTHING_RUN: Final = Evidence()

_BY_SEVERITY: Final = {severity: rank for rank, severity in enumerate(Severity)}


def analyse(
    revision: Revision,
    files: Mapping[str, str],
    evidence: Evidence = NOTHING_RUN,
    analysers: Sequence[Analyser] = ANALYSERS,
    limits: JobLimits = LIMITS,
) -> QualityReport:
    """Check and score the files (text by path), with the results of their tests.

    A file that could not be checked is a finding, never a pass.
    """
    sources = [SourceFile(path, detect_language(path, text), text) for path, text in files.items()]
    outcomes = list(run(list(make_jobs(analysers, sources)), limits))
    faults = [fault for outcome in outcomes for fault in _read_faults(outcome)]
    faults += find_test_faults(files, evidence, {fault.path for fault in faults if fault.rule == SYNTAX})
    measured = _find_measured(outcomes)
    parts = score_parts(sources, faults, measured, evidence.runs)
    score = calculate_total(parts)
    reasons = find_reasons_against(score, faults)
    worst = sorted(faults, key=lambda fault: (_BY_SEVERITY[fault.severity], fault.path, fault.line))
    return QualityReport(
        revision=revision,
        score=score,
        passed=not reasons,
        reasons=reasons,
        parts=parts,
        findings=tuple(_make_findings(worst[:MOST], files, evidence)),
        omitted=len(worst[MOST:]),
        omitted_errors=sum(fault.severity is Severity.ERROR and fault.rule != TEST for fault in worst[MOST:]),
        measured=tuple(source.path for source in sources if source.path in measured),
        not_measured=tuple(source.path for source in sources if source.path not in measured),
        runs=evidence.runs,
    )


def _read_faults(outcome: JobResult) -> Iterable[Fault]:
    if outcome.failure is None:
        return outcome.faults
    return make_failures(outcome.job.analyser.name, outcome.job.files, outcome.failure)


def _find_measured(outcomes: Iterable[JobResult]) -> frozenset[str]:
    """Return the paths of files that a parser read without doubt, whether they are right or wrong."""
    return frozenset(
        outcome.job.files[0].path
        for outcome in outcomes
        if outcome.job.analyser.name == Syntax.name
        and outcome.failure is None
        and not any(fault.rule == DOUBT for fault in outcome.faults)
    )


def _make_findings(faults: Sequence[Fault], files: Mapping[str, str], evidence: Evidence) -> Iterable[Finding]:
    """Yield the faults with the lines around them, with all detected secrets masked."""
    secretive = {fault.path for fault in faults if fault.rule == SECRET}
    lines = {
        fault.path: (mask_secrets(files[fault.path]) if fault.path in secretive else files[fault.path]).split("\n")
        for fault in faults
    }
    for fault in faults:
        yield Finding(
            path=fault.path,
            line=fault.line,
            rule=fault.rule,
            severity=fault.severity,
            message=_truncate(fault.message, 3 * WIDTH),
            lines=_quote_lines(lines[fault.path], fault.line),
            related=find_related(fault, files, evidence),
        )


def _quote_lines(lines: Sequence[str], line: int) -> tuple[str, ...]:
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    return tuple(f"{number}: {_truncate(lines[number - 1].rstrip(), WIDTH)}" for number in range(first, last + 1))


def _truncate(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
