"""Packaging: detects a revision's type, zips it, tries the package, and describes how to deploy it."""

from dataclasses import dataclass, replace
from functools import cache, partial

from pydantic import TypeAdapter

from ops_agent.deployment import write_additions, write_instructions, write_template
from ops_agent.project_type import DetectedType, ProjectType, detect
from ops_agent.proof import Contents, Proof, prove
from shared.language_model.port import Delivery
from shared.manifests import read_tested
from shared.models import layout
from shared.models.messages import DeployRequested
from shared.models.project import Project, StoredObject
from shared.models.workflow import ProjectStatus
from shared.projects import Projects
from shared.runners.port import Runner
from shared.storage.objects import Objects, read_named
from shared.works import Changes
from shared.zips import build_zip


@dataclass(frozen=True)
class Packaged:
    """A stored package, with everything that belongs to it."""

    type: ProjectType
    package: StoredObject
    template: StoredObject | None
    instructions: StoredObject
    proof: Proof | None
    overruled: bool = False


class OpsAgent:
    """Packages revisions."""

    name = "ops"
    status = ProjectStatus.DEPLOYING

    def __init__(self, projects: Projects, objects: Objects, runner: Runner) -> None:
        self._projects = projects
        self._objects = objects
        self._runner = runner

    def work(self, message: DeployRequested, project: Project, delivery: Delivery) -> Packaged:
        """Build and store the package, its template and its instructions."""
        contents = {
            file.path: read_named(self._objects, file.object)
            for file in read_tested(self._projects, self._objects, project.id, message.revision).files
        }
        texts = {path: content.decode(errors="replace") for path, content in contents.items()}
        detected = detect(texts)
        contents |= write_additions(texts, detected)
        proof = self._prove(message, project, contents, detected, delivery) if detected.functions else None
        if proof:
            detected = replace(detected, functions=proof.functions)
            contents |= {path: text for function in proof.functions for path, text in function.write_entry().items()}
        key_for = partial(layout.deployment_object, project.id, message.revision)
        template = write_template(detected)
        instructions = write_instructions(project.name, detected, frozenset(contents), proof.summary if proof else "")
        return Packaged(
            type=detected.type,
            package=self._objects.put(key_for("package.zip"), build_zip(contents), "application/zip"),
            template=self._objects.put(key_for("template.yaml"), template.encode(), "application/yaml")
            if template
            else None,
            instructions=self._objects.put(key_for("DEPLOY.md"), instructions.encode(), "text/markdown; charset=utf-8"),
            proof=proof,
            overruled=_has_failed(proof) and self._is_unproven(message),
        )

    def _prove(
        self, message: DeployRequested, project: Project, contents: Contents, detected: DetectedType, delivery: Delivery
    ) -> Proof:
        """Return the result of trying the package; if two workers try it, both use the result that was stored first."""
        proof = prove(self._runner, project.id, contents, detected, delivery.remaining)
        key = layout.proof_object(project.id, message.revision, message.correlation_id, project.retries)
        stored = self._objects.put_first(key, _get_proof_adapter().dump_json(proof, indent=1), "application/json")
        return _get_proof_adapter().validate_json(stored)

    def _is_unproven(self, message: DeployRequested) -> bool:
        """Return whether a person wants the package even if it fails when it is tried."""
        record = self._projects.get_deployment(message.project_id, message.revision)
        return record is not None and record.unproven

    def conclude(self, message: DeployRequested, project: Project, result: Packaged) -> Changes:
        """Return the package, and complete the project, unless the package failed: then a person has to review it."""
        failed = _has_failed(result.proof) and not result.overruled
        proof = f"; {result.proof.summary}" if result.proof else ""
        overruled = "; completed unproven, as was asked" if result.overruled else ""
        return Changes(
            fields={
                "project_type": result.type,
                "package": result.package.model_dump(),
                "template": result.template.model_dump() if result.template else None,
                "instructions": result.instructions.model_dump(),
                "proof": result.proof.summary if result.proof else None,
                "proven": result.proof.passed if result.proof else None,
                "tried": [each.model_dump() for each in result.proof.tried] if result.proof else [],
            },
            move=ProjectStatus.NEEDS_REVIEW if failed else ProjectStatus.COMPLETED,
            project={"package": result.package.model_dump()},
            detail=f"packaged as {result.type}, {result.package.size} bytes{proof}{overruled}",
        )


def _has_failed(proof: Proof | None) -> bool:
    return proof is not None and proof.passed is False


@cache
def _get_proof_adapter() -> TypeAdapter[Proof]:
    return TypeAdapter(Proof)
