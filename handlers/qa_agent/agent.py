"""Testing a revision: analyses its files, stores the report, and sends it on to packaging, repair or review."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from qa_agent.analysis import analyse
from qa_agent.evidence import Evidence, find_planned_tests, run_tests
from qa_agent.page import render
from qa_agent.test_faults import TEST
from qa_agent.verdict import RevisionQuality, Verdict, choose_best, decide, fingerprint
from shared.items import put_pending
from shared.language_model.port import Delivery
from shared.manifests import list_restoring_writes, pin_manifest, read
from shared.models import layout
from shared.models.messages import REPAIR, DeployRequested, TaskReady, TestRequested
from shared.models.plan import Plan
from shared.models.project import Project, Revision, StoredObject
from shared.models.quality import QualityReport, Severity
from shared.models.records import DeploymentRecord, TaskRecord, TestRecord
from shared.models.workflow import ProjectStatus
from shared.projects import Projects
from shared.runners.port import Runner
from shared.storage.objects import Objects, describe, read_named
from shared.works import Changes

Analyse = Callable[[Revision, Mapping[str, str], Evidence], QualityReport]


@dataclass(frozen=True)
class Tested:
    """A report, and where the report and the list of tested files are stored."""

    report: QualityReport
    stored: StoredObject
    page: StoredObject
    manifest: StoredObject


class QaAgent:
    """Tests revisions."""

    name = "qa"
    status = ProjectStatus.TESTING

    def __init__(self, projects: Projects, objects: Objects, runner: Runner, analyse: Analyse = analyse) -> None:
        self._projects = projects
        self._objects = objects
        self._runner = runner
        self._analyse = analyse

    def work(self, message: TestRequested, project: Project, delivery: Delivery) -> Tested:
        """Run the project's tests and analyse all of its files; the verdict does not involve the model."""
        key_for = partial(layout.report_object, project.id, message.revision)
        tested, manifest = pin_manifest(self._projects, self._objects, project.id, key_for("manifest.json"))
        contents = {file.path: read_named(self._objects, file.object) for file in tested.files}
        files = {path: content.decode(errors="replace") for path, content in contents.items()}
        new_report = self._analyse(message.revision, files, self._gather_evidence(message, contents))
        # The duration of tests varies: if two workers run them, both use the report that was stored first.
        key = key_for("report.json")
        stored = self._objects.put_first(key, new_report.model_dump_json(indent=1).encode(), "application/json")
        report = QualityReport.model_validate_json(stored)
        page = self._objects.put(
            key_for("report.html"), render(project.name, report).encode(), "text/html; charset=utf-8"
        )
        return Tested(report, describe(key, stored), page, manifest)

    def _gather_evidence(self, message: TestRequested, contents: Mapping[str, bytes]) -> Evidence:
        """Return the results of the tests, and what they are compared with."""
        record = self._projects.get_plan(message.project_id, message.revision.build)
        stored = record.plan if record else None
        plan = Plan.model_validate_json(read_named(self._objects, stored)) if stored else None
        earlier = [test.report for test in self._projects.list_tests(message.project_id) if _precedes(test, message)]
        return Evidence(
            runs=run_tests(self._runner, message.project_id, contents),
            planned=find_planned_tests(plan) if plan else frozenset(),
            earlier=tuple(
                QualityReport.model_validate_json(read_named(self._objects, report)) for report in earlier if report
            ),
        )

    def conclude(self, message: TestRequested, project: Project, result: Tested) -> Changes:
        """Return the score, and the work that follows from the verdict."""
        report = result.report
        earlier = [test for test in self._projects.list_tests(project.id) if _precedes(test, message)]
        follow = {Verdict.PASS: self._deploy, Verdict.REPAIR: self._repair, Verdict.REVIEW: self._review}
        verdict = decide(report, earlier)
        changes = follow[verdict](message, project, result, earlier)
        fields = {
            "score": report.score,
            "passed": report.passed,
            "errors": _count_errors(report),
            "passing": report.passing,
            "report": result.stored.model_dump(),
            "page": result.page.model_dump(),
            "manifest": result.manifest.model_dump(),
            "fingerprint": fingerprint(report.findings),
        }
        return Changes(
            fields=fields,
            move=changes.move,
            project={"score": report.score, **changes.project},
            writes=changes.writes,
            outbox=changes.outbox,
            detail=f"scored {report.score:g} of 100 with {len(report.findings)} findings: {changes.detail}",
        )

    def _deploy(self, message: TestRequested, project: Project, result: Tested, earlier: list[TestRecord]) -> Changes:
        deploy = DeployRequested(**message.head())
        return Changes(
            move=ProjectStatus.DEPLOYING,
            writes=(put_pending(deploy, DeploymentRecord),),
            outbox=(deploy,),
            detail="passed",
        )

    def _repair(self, message: TestRequested, project: Project, result: Tested, earlier: list[TestRecord]) -> Changes:
        revision = message.revision.repaired()
        repair = TaskReady(**message.head() | {"revision": revision}, task_id=REPAIR)
        return Changes(
            move=ProjectStatus.DEVELOPING,
            project={"revision": revision.model_dump()},
            writes=(put_pending(repair, TaskRecord, task_id=REPAIR, title=f"Repair round {revision.round}"),),
            outbox=(repair,),
            detail=f"to be repaired in round {revision.round}",
        )

    def _review(self, message: TestRequested, project: Project, result: Tested, earlier: list[TestRecord]) -> Changes:
        """Stop, with the files of the build's best revision as the project's."""
        candidates = {test.revision: RevisionQuality(test.passing, test.errors, test.score or 0.0) for test in earlier}
        report = result.report
        candidates[message.revision] = RevisionQuality(report.passing, _count_errors(report), report.score)
        chosen = choose_best(candidates)
        manifest = next((test.manifest for test in earlier if test.revision == chosen), None)
        return Changes(
            move=ProjectStatus.NEEDS_REVIEW,
            project={"score": candidates[chosen].score, "revision": chosen.model_dump()},
            writes=list_restoring_writes(self._projects, project.id, read(self._objects, manifest)) if manifest else (),
            detail=f"needs review; revision {chosen} is the best and kept",
        )


def _precedes(test: TestRecord, message: TestRequested) -> bool:
    return test.revision.build == message.revision.build and test.revision.round < message.revision.round


def _count_errors(report: QualityReport) -> int:
    """Return the number of errors other than failing tests, as a single fault can make many tests fail."""
    listed = sum(finding.severity is Severity.ERROR and finding.rule != TEST for finding in report.findings)
    return listed + report.omitted_errors
