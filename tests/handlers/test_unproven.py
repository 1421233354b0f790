"""A person accepts a package that failed: the project completes, and the timeline and the deployment say why."""

from collections.abc import Mapping

from shared.language_model.port import Prompt
from shared.models.runs import TestedTest, TestsRun
from shared.models.workflow import ProjectStatus
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.runner import passing

HANDLER = f"{replies.CONTENTS['greet.py']}\n\ndef handler(event: dict[str, str], context: object) -> None:\n    pass\n"


def writing_a_handler(prompt: Prompt) -> str:
    if prompt.schema is None and replies.asked_for(prompt) == ["greet.py"]:
        return replies.envelopes(prompt, {"greet.py": HANDLER})
    return replies.good(prompt)


def failing_package(files: Mapping[str, bytes]) -> TestsRun:
    """Return results in which all tests pass except the package's."""
    if "test_package_proof.py" not in files:
        return passing(files)
    failed = TestedTest(id="test_package_proof.Package.test_1_imports", outcome="error", message="KeyError: 'TABLE'")
    return TestsRun(language="python", tests=(failed,), collected=1)


def in_review() -> tuple[Factory, str]:
    factory = Factory(writing_a_handler, answers=failing_package)
    project_id = factory.post("A library that greets people by name, with tests.").id
    factory.run()
    assert factory.project(project_id).status is ProjectStatus.NEEDS_REVIEW
    return factory, project_id


def package_again(factory: Factory, project_id: str, *, unproven: bool) -> ProjectStatus:
    factory.sent.send(factory.requests.deploy(project_id, "request-2", unproven=unproven).messages)
    factory.run()
    return factory.project(project_id).status


def test_what_is_stored_of_a_package_and_its_test_says_what_it_is() -> None:
    factory, project_id = in_review()
    assert package_again(factory, project_id, unproven=True) is ProjectStatus.COMPLETED
    kinds = {
        key.replace(project_id, "ID"): kind
        for key, kind in factory.objects.types.items()
        if key.startswith(("deployments/", "test_results/"))
    }
    proofs = {key for key in kinds if key.startswith("deployments/ID/1.0/proofs/")}
    assert kinds == {
        "test_results/ID/1.0/manifest.json": "application/json",
        "test_results/ID/1.0/report.json": "application/json",
        "test_results/ID/1.0/report.html": "text/html; charset=utf-8",
        "deployments/ID/1.0/package.zip": "application/zip",
        "deployments/ID/1.0/template.yaml": "application/yaml",
        "deployments/ID/1.0/DEPLOY.md": "text/markdown; charset=utf-8",
        **dict.fromkeys(proofs, "application/json"),
    }
    assert len(proofs) == 2
    (deployment,) = factory.projects.list_deployments(project_id)
    for stored, name in (
        (deployment.package, "package.zip"), (deployment.template, "template.yaml"),
        (deployment.instructions, "DEPLOY.md")
    ):  # fmt: skip
        assert stored is not None
        assert stored.key == f"deployments/{project_id}/1.0/{name}"
        assert stored.size == len(factory.objects.contents[stored.key])
    assert deployment.project_type == "python-lambda"
    assert deployment.package == factory.project(project_id).package
    assert b"Handler: greet.handler\n" in factory.objects.contents[f"deployments/{project_id}/1.0/template.yaml"]
    instructions = factory.objects.contents[f"deployments/{project_id}/1.0/DEPLOY.md"].decode()
    assert "# Deploying demo\n" in instructions
    assert "Seen before it was packaged: greet.handler cannot be imported" in instructions


def test_a_package_that_was_seen_to_fail_is_completed_for_who_says_so() -> None:
    factory, project_id = in_review()
    assert package_again(factory, project_id, unproven=True) is ProjectStatus.COMPLETED
    *_, asked, _, ended = factory.projects.list_events(project_id)
    assert str(asked.detail).endswith("unproven")
    assert "KeyError: 'TABLE'; completed unproven, as was asked" in str(ended.detail)
    (deployment,) = factory.projects.list_deployments(project_id)
    assert deployment.unproven
    assert "KeyError: 'TABLE'" in str(deployment.proof)
    assert deployment.proven is False
    assert [(each.passed, "KeyError: 'TABLE'" in each.seen) for each in deployment.tried] == [(False, True)]


def test_it_counts_for_that_request_alone() -> None:
    factory, project_id = in_review()
    assert package_again(factory, project_id, unproven=True) is ProjectStatus.COMPLETED
    assert package_again(factory, project_id, unproven=False) is ProjectStatus.NEEDS_REVIEW
    (deployment,) = factory.projects.list_deployments(project_id)
    assert not deployment.unproven
