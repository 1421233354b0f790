"""What follows from a tested revision: its deployment, a repair, or a review of the best revision."""

from typing import Any

import pytest

from qa_agent import agent
from qa_agent.test_faults import TEST
from qa_agent.verdict import fingerprint
from shared.items import put_pending
from shared.models.messages import REPAIR, AnyMessage, DeployRequested, TaskReady, TestRequested
from shared.models.project import Project, Revision, StoredObject
from shared.models.quality import Finding, QualityReport, Severity
from shared.models.records import DeploymentRecord, TaskRecord, TestRecord
from shared.models.runs import TestedTest, TestsRun
from shared.models.workflow import ProjectStatus
from shared.storage.table import Update, Write
from shared.works import Changes
from tests.fakes import replies
from tests.fakes.factory import Factory

STORED = {name: StoredObject(key=name, size=1, sha256="0" * 64) for name in ("report", "page", "manifest")}
FAULT = Finding(path="a.py", line=1, rule="syntax", severity=Severity.ERROR, message="m")
FAILING = FAULT.model_copy(update={"rule": TEST})
REMARK = FAULT.model_copy(update={"severity": Severity.WARNING})


def report(*findings: Finding, number: int = 0, **more: Any) -> QualityReport:
    given: dict[str, Any] = {"score": 50, "passed": not findings, "parts": (), "measured": (), "not_measured": ()}
    return QualityReport(revision=Revision(build=1, round=number), findings=findings, **{**given, **more})


def conclude(found: QualityReport, *earlier: QualityReport) -> tuple[Changes, TestRequested, Project]:
    """What follows from a report, after those of the build's earlier rounds."""
    factory = Factory(replies.good)
    project = factory.post("Greet people.")
    for each in earlier:
        about: dict[str, Any] = {"project_id": project.id, "correlation_id": "c", "revision": each.revision}
        factory.table.write(put_pending(TestRequested(**about), TestRecord))
        result = {"fingerprint": fingerprint(each.findings), "score": each.score, "errors": len(each.findings)}
        key = put_pending(TestRequested(**about), TestRecord).key
        factory.table.write(Update(key, set=result))
    tester = agent.QaAgent(factory.projects, factory.objects, factory.runner)
    message = TestRequested(project_id=project.id, correlation_id="c", revision=found.revision)
    tested = agent.Tested(found, STORED["report"], STORED["page"], STORED["manifest"])
    return tester.conclude(message, project, tested), message, project


def due(changes: Changes) -> tuple[ProjectStatus | None, tuple[Write, ...], tuple[AnyMessage, ...]]:
    return changes.move, changes.writes, changes.outbox


def test_a_revision_that_passes_is_packaged() -> None:
    changes, message, _ = conclude(report(score=98.5))
    deploy = DeployRequested(**message.head())
    assert due(changes) == (ProjectStatus.DEPLOYING, (put_pending(deploy, DeploymentRecord),), (deploy,))
    assert changes.project == {"score": 98.5}
    assert changes.detail == "scored 98.5 of 100 with 0 findings: passed"


def test_what_was_found_is_repaired_in_the_next_round() -> None:
    changes, message, _ = conclude(report(FAULT, number=1), report(FAULT.model_copy(update={"rule": "F821"})))
    revision = Revision(build=1, round=2)
    repair = TaskReady(project_id=message.project_id, correlation_id="c", revision=revision, task_id=REPAIR)
    pending = put_pending(repair, TaskRecord, task_id=REPAIR, title="Repair round 2")
    assert due(changes) == (ProjectStatus.DEVELOPING, (pending,), (repair,))
    assert changes.project == {"score": 50, "revision": {"build": 1, "round": 2}}
    assert changes.detail == "scored 50 of 100 with 1 findings: to be repaired in round 2"


def test_a_repair_that_changed_nothing_ends_the_rounds_and_the_best_revision_is_kept() -> None:
    changes, _, _ = conclude(report(FAULT, number=1), report(FAULT, score=40))
    assert due(changes) == (ProjectStatus.NEEDS_REVIEW, (), ())
    assert changes.project == {"score": 50, "revision": {"build": 1, "round": 1}}
    assert changes.detail == "scored 50 of 100 with 1 findings: needs review; revision 1.1 is the best and kept"


def test_tests_of_other_builds_and_later_rounds_do_not_count() -> None:
    other = report(FAULT).model_copy(update={"revision": Revision(build=2)})
    later = report(FAULT, number=1)
    changes, _, _ = conclude(report(FAULT), other, later)
    assert changes.move is ProjectStatus.DEVELOPING


@pytest.mark.parametrize(
    ("found", "errors"),
    [
        (report(), 0),
        (report(FAULT, FAULT, REMARK), 2),
        (report(FAULT, FAILING), 1),
        (report(FAULT, omitted_errors=3), 4),
    ],
    ids=["none", "errors", "failing-tests", "omitted"],
)
def test_a_test_keeps_what_was_found(found: QualityReport, errors: int) -> None:
    run = TestsRun(
        language="python", tests=(TestedTest(id="a", outcome="passed"), TestedTest(id="b", outcome="failed"))
    )
    changes, _, _ = conclude(found.model_copy(update={"runs": (run,)}))
    assert changes.fields == {
        "score": 50,
        "passed": found.passed,
        "errors": errors,
        "passing": 1,
        **{name: stored.model_dump() for name, stored in STORED.items()},
        "fingerprint": fingerprint(found.findings),
    }
