"""What Ops stores of a package, and what of it the project and its deployment name."""

import io
import json
import zipfile
from collections.abc import Mapping

from ops_agent.agent import OpsAgent
from ops_agent.project_type import ProjectType
from qa_agent.evidence import Evidence
from shared.language_model.port import Delivery, Prompt
from shared.models.messages import DeployRequested
from shared.models.project import Project, Revision
from shared.models.quality import QualityReport
from shared.models.records import DeploymentRecord
from shared.models.runs import TestedTest, TestsRun
from shared.models.workflow import ProjectStatus
from tests.fakes import replies
from tests.fakes.factory import Factory

HANDLER = "def handler(event: dict[str, object], context: object) -> dict[str, object]:\n    return {}\n"
CHECKS = ("test_package_proof.Package.test_1_imports", "test_package_proof.Package.test_2_answers")
PLAN = {
    "summary": "s", "assumptions": [], "shared_contract": "",
    "tasks": [
        {
            "id": "code", "title": "Code", "type": "code", "language": "python", "depends_on": [],
            "files": [{"path": "app.py", "action": "create", "purpose": "handles"}], "acceptance_criteria": [],
        }
    ],
}  # fmt: skip


def write(prompt: Prompt) -> str:
    """Plan one file, and write a handler in it."""
    if prompt.schema is not None:
        return json.dumps(PLAN)
    return replies.envelopes(prompt, {"app.py": HANDLER})


def answer(files: Mapping[str, bytes]) -> TestsRun:
    """Have both checks of the proof pass."""
    return TestsRun(language="python", tests=tuple(TestedTest(id=check, outcome="passed") for check in CHECKS))


def approve(revision: Revision, files: Mapping[str, str], evidence: Evidence) -> QualityReport:
    """Find nothing."""
    return QualityReport(revision=revision, score=100, passed=True, parts=(), findings=(), measured=(), not_measured=())


def make_tested() -> tuple[Factory, Project, DeployRequested]:
    """A project of one handler that QA has tested, and the message that asks to package it."""
    factory = Factory(write, analyse=approve, answers=answer)
    project = factory.post("A function that answers.")
    for _ in range(3):
        (message,) = factory.sent.take()
        factory.deliver(message)
    project = factory.project(project.id)
    return factory, project, DeployRequested(project_id=project.id, correlation_id="c", revision=project.revision)


SEEN = "app.handler was imported from the package and answered an HTTP API's GET /"


def test_a_function_is_stored_with_its_template_instructions_and_proof() -> None:
    factory, project, message = make_tested()
    agent = OpsAgent(factory.projects, factory.objects, factory.runner)
    result = agent.work(message, project, Delivery(lambda: 300.0))
    place = f"deployments/{project.id}/1.0/"
    stored = {key.removeprefix(place): kind for key, kind in factory.objects.types.items() if key.startswith(place)}
    (proof,) = (name for name in stored if name.startswith("proofs/0-"))
    assert stored == {
        "package.zip": "application/zip",
        "template.yaml": "application/yaml",
        "DEPLOY.md": "text/markdown; charset=utf-8",
        proof: "application/json",
    }
    assert result.type is ProjectType.PYTHON_LAMBDA
    assert result.template is not None
    assert (result.package.key, result.template.key, result.instructions.key) == (
        f"{place}package.zip",
        f"{place}template.yaml",
        f"{place}DEPLOY.md",
    )
    assert result.proof is not None
    assert (result.proof.passed, result.proof.summary, result.overruled) == (True, SEEN, False)
    archive = zipfile.ZipFile(io.BytesIO(factory.objects.contents[f"{place}package.zip"]))
    assert {name: archive.read(name).decode() for name in archive.namelist()} == {"app.py": HANDLER}
    assert f"Seen before it was packaged: {SEEN}." in factory.objects.contents[f"{place}DEPLOY.md"].decode()
    assert b"Handler: app.handler" in factory.objects.contents[f"{place}template.yaml"]
    assert json.loads(factory.objects.contents[place + proof])["summary"] == SEEN
    assert factory.objects.contents[place + proof].startswith(b'{\n "passed"')


def test_a_deployment_names_all_that_was_stored() -> None:
    factory, project, message = make_tested()
    agent = OpsAgent(factory.projects, factory.objects, factory.runner)
    result = agent.work(message, project, Delivery(lambda: 300.0))
    assert result.template is not None
    assert result.proof is not None
    changes = agent.conclude(message, project, result)
    assert changes.fields == {
        "project_type": "python-lambda",
        "package": result.package.model_dump(),
        "template": result.template.model_dump(),
        "instructions": result.instructions.model_dump(),
        "proof": SEEN,
        "proven": True,
        "tried": [{"handler": "app.handler", "passed": True, "seen": SEEN}],
    }
    assert changes.project == {"package": result.package.model_dump()}
    assert changes.move is ProjectStatus.COMPLETED
    assert changes.detail == f"packaged as python-lambda, {result.package.size} bytes; {SEEN}"
    assert DeploymentRecord(work=message.work, revision=message.revision, **changes.fields).proven


def test_the_proof_that_was_stored_first_counts() -> None:
    factory, project, message = make_tested()
    agent = OpsAgent(factory.projects, factory.objects, factory.runner)
    first = agent.work(message, project, Delivery(lambda: 300.0))
    again = agent.work(message, project, Delivery(lambda: 0.0))
    assert again.proof == first.proof
    other = agent.work(message.model_copy(update={"correlation_id": "d"}), project, Delivery(lambda: 0.0))
    assert other.proof is not None
    assert other.proof.summary == "app.handler was not tried: there was no time left"
