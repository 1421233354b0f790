"""What follows from a report: when a repair is requested, when rounds end, and which revision is kept."""

import pytest

from qa_agent.verdict import RevisionQuality, Verdict, choose_best, decide, fingerprint
from shared.models.project import Revision
from shared.models.quality import Finding, QualityReport, Severity
from shared.models.records import TestRecord


def finding(rule: str, *, path: str = "a.py", line: int = 3, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(path=path, line=line, rule=rule, severity=severity, message="m", lines=(f"{line}: x = y",))


def report(number: int, *findings: Finding, passed: bool = False) -> QualityReport:
    revision = Revision(build=1, round=number)
    parts = {"parts": (), "measured": (), "not_measured": ()}
    return QualityReport(revision=revision, score=50, passed=passed, findings=findings, **parts)


def record_of(number: int, *findings: Finding) -> TestRecord:
    revision = Revision(build=1, round=number)
    return TestRecord(work=f"TEST#{revision}", revision=revision, fingerprint=fingerprint(findings))


BROKEN, MOVED = finding("syntax"), finding("syntax", line=9)
CRASHED, CRASHED_TOO = finding("ruff-failed"), finding("syntax-failed", path="b.py")
REMARK = finding("style", severity=Severity.INFO)


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        ([BROKEN], [], Verdict.REPAIR),
        ([BROKEN], [[finding("F821")]], Verdict.REPAIR),
        ([BROKEN], [[BROKEN]], Verdict.REVIEW),
        ([MOVED], [[BROKEN]], Verdict.REVIEW),
        ([BROKEN], [[BROKEN], [finding("F821")]], Verdict.REPAIR),
        ([REMARK], [], Verdict.REVIEW),
        ([], [], Verdict.REVIEW),
    ],
    ids=["first", "other", "same", "moved", "as two rounds ago", "nothing to act on", "nothing"],
)
def test_a_repair_is_asked_for_while_the_last_one_changed_what_is_found(
    now: list[Finding], before: list[list[Finding]], verdict: Verdict
) -> None:
    earlier = [record_of(number, *findings) for number, findings in enumerate(before)]
    assert decide(report(len(before), *now), earlier) is verdict


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        ([BROKEN], [BROKEN, CRASHED], Verdict.REVIEW),
        ([BROKEN, CRASHED], [BROKEN], Verdict.REVIEW),
        ([BROKEN, CRASHED], [BROKEN, CRASHED_TOO], Verdict.REVIEW),
        ([CRASHED], [CRASHED], Verdict.REPAIR),
        ([CRASHED], [BROKEN, CRASHED], Verdict.REPAIR),
    ],
)
def test_whether_an_analyser_failed_says_nothing_about_whether_the_code_changed(
    now: list[Finding], before: list[Finding], verdict: Verdict
) -> None:
    assert decide(report(1, *now), [record_of(0, *before)]) is verdict


def test_the_rounds_end() -> None:
    assert decide(report(2, BROKEN), []) is Verdict.REPAIR
    assert decide(report(3, BROKEN), []) is Verdict.REVIEW


def test_a_report_that_passed_goes_on_whatever_the_round() -> None:
    assert decide(report(3, REMARK, passed=True), [record_of(0, REMARK)]) is Verdict.PASS


@pytest.mark.parametrize(
    ("scored", "chosen"),
    [
        ([(90.0, 1, 3), (50.0, 2, 4)], 1),
        ([(90.0, 2, 3), (50.0, 1, 3)], 1),
        ([(50.0, 1, 0), (60.0, 1, 0), (55.0, 1, 0)], 1),
        ([(50.0, 1, 0), (50.0, 1, 0)], 0),
    ],
    ids=["most tests pass", "fewest errors", "highest score", "earliest"],
)
def test_the_best_revision(scored: list[tuple[float, int, int]], chosen: int) -> None:
    candidates = {
        Revision(build=1, round=number): RevisionQuality(passing, errors, score)
        for number, (score, errors, passing) in enumerate(scored)
    }
    assert choose_best(candidates) == Revision(build=1, round=chosen)
