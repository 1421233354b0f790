"""Testing a revision: analyse its files, store the report, and send it on or to review."""

from dataclasses import dataclass

from qa_agent.analysis import analyse
from qa_agent.page import render
from shared.language_model.port import Remaining
from shared.models.messages import DeployRequested, TestRequested
from shared.models.project import Project, StoredObject
from shared.models.quality import QualityReport
from shared.models.records import DeploymentRecord
from shared.models.workflow import ProjectStatus
from shared.projects import Changes, Projects, pending
from shared.storage.objects import Objects, read_named


@dataclass(frozen=True)
class Tested:
    """A report, and where it is stored as JSON and as a page."""

    report: QualityReport
    stored: StoredObject
    page: StoredObject


class QaAgent:
    """Tests revisions."""

    name = "qa"
    status = ProjectStatus.TESTING

    def __init__(self, projects: Projects, objects: Objects) -> None:
        self._projects = projects
        self._objects = objects

    def work(self, message: TestRequested, project: Project, remaining: Remaining) -> Tested:
        """Analyse every file of the project; no model takes part in the verdict."""
        files = {
            file.path: read_named(self._objects, file.object).decode(errors="replace")
            for file in self._projects.files(project.id)
        }
        report = analyse(message.revision, files)
        folder = f"test_results/{project.id}/{message.revision}"
        return Tested(
            report,
            self._objects.put(f"{folder}/report.json", report.model_dump_json(indent=1).encode(), "application/json"),
            self._objects.put(
                f"{folder}/report.html", render(project.name, report).encode(), "text/html; charset=utf-8"
            ),
        )

    def conclude(self, message: TestRequested, project: Project, result: Tested) -> Changes:
        """The score; then packaging if the revision passed, else a person's review."""
        report = result.report
        deploy = DeployRequested(
            project_id=message.project_id, correlation_id=message.correlation_id, revision=message.revision
        )
        return Changes(
            fields={
                "score": report.score,
                "passed": report.passed,
                "report": result.stored.model_dump(),
                "page": result.page.model_dump(),
            },
            move=ProjectStatus.DEPLOYING if report.passed else ProjectStatus.NEEDS_REVIEW,
            project={"score": report.score},
            writes=(pending(deploy, DeploymentRecord),) if report.passed else (),
            outbox=(deploy,) if report.passed else (),
            detail=f"scored {report.score:g} of 100 with {len(report.findings)} findings",
        )
