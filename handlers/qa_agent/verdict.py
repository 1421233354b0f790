"""Decides what follows from a report: packaging, a repair round, or a person's review of the best revision."""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from qa_agent.scoring import FAILED
from shared.models.project import Revision
from shared.models.quality import Finding, QualityReport
from shared.models.records import TestRecord

MAX_ROUNDS: Final = 3
"""Maximum repair rounds of one build."""


class Verdict(StrEnum):
    """What happens with a tested revision."""

    PASS = "pass"  # noqa: S105 - no secret
    REPAIR = "repair"
    REVIEW = "review"


def decide(report: QualityReport, earlier: Sequence[TestRecord]) -> Verdict:
    """Return the verdict, given the tests of the build's earlier rounds.

    The verdict is a repair if rounds are left, something can be repaired, and the last repair changed the findings.
    """
    if report.passed:
        return Verdict.PASS
    current = fingerprint(report.findings)
    same_as_before = bool(earlier) and current is not None and earlier[-1].fingerprint == current
    if report.revision.round >= MAX_ROUNDS or not report.repairable or same_as_before:
        return Verdict.REVIEW
    return Verdict.REPAIR


def fingerprint(findings: Sequence[Finding]) -> str | None:
    """Return a digest of findings by file, rule, message and the line's text, so that moved findings are equal.

    Analysers' failures are ignored, as they say nothing about the code; None if there are no other findings.
    """
    code_findings = [finding for finding in findings if not finding.rule.endswith(FAILED)]
    places = sorted(
        f"{finding.path}\0{finding.rule}\0{finding.message}\0{_get_line_text(finding)}" for finding in code_findings
    )
    return hashlib.sha256("\n".join(places).encode()).hexdigest() if places else None


def _get_line_text(finding: Finding) -> str:
    """Return the text of a finding's line, as far as the finding shows it."""
    prefix = f"{finding.line}:"
    return next((line.removeprefix(prefix).strip() for line in finding.lines if line.startswith(prefix)), "")


class RevisionQuality(NamedTuple):
    """The quality of a revision: its passing tests, its other errors, and its score."""

    passing: int
    errors: int
    score: float


def choose_best(candidates: Mapping[Revision, RevisionQuality]) -> Revision:
    """Return the best of some revisions.

    It has the most passing tests; then the fewest errors, then the highest score. If still equal, the earliest is best,
    as a later one has only cost more.
    """

    def rank(revision: Revision) -> tuple[int, int, float, int]:
        quality = candidates[revision]
        return -quality.passing, quality.errors, -quality.score, revision.round

    return min(candidates, key=rank)
