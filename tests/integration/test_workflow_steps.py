"""The steps of GitHub's workflows that deploy, compare, comment and release, run as on GitHub's runner."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.test_command_line import home_of_its_own, served
from tests.workflows import ROOT, STEPS, Step, fill_in, find_job, holds

GH = """#!/bin/sh
printf '%s\\n' "$@" >>"$GH_CALLS"
"""
"""Stands for GitHub's command line: it records its arguments, and contacts nobody."""

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
REPOSITORY = "octo-org/octo-repo"
CONFIGURED = {
    "github.event.pull_request.head.repo.full_name": REPOSITORY,
    "github.event.pull_request.number": "7",
    "github.repository": REPOSITORY,
    "github.token": "a-token-for-nothing",
    "matrix.role": "arn:aws:iam::000000000000:role/previewer",
    "matrix.stage": "dev",
    "secrets.GEMINI_API_KEY": "",
    "vars.AWS_DEPLOYER_DEV": "arn:aws:iam::000000000000:role/deployer",
    "vars.AWS_DEPLOYER_PROD": "arn:aws:iam::000000000000:role/deployer",
    "vars.AWS_PREVIEWER_DEV": "arn:aws:iam::000000000000:role/previewer",
}
UNSET = {name: "" if name.startswith(("vars.", "matrix.role")) else value for name, value in CONFIGURED.items()}

FORK = {**CONFIGURED, "github.event.pull_request.head.repo.full_name": "somebody/octo-repo"}

CHECKS = {
    ".ci/run",
    ".ci/run nightly",
    *(f"make {target}" for target in ("audit", "cfn-lint", "coverage", "mutants", "permissions", "scenarios")),
}
"""Steps that are these tests themselves, or take minutes or a network."""


@dataclass
class Runner:
    """Runs the steps of jobs in a checkout, with an engine in place of AWS."""

    checkout: Path
    variables: Mapping[str, str]
    ran: set[str] = field(default_factory=set)

    def run(self, workflow: str, job: str, context: Mapping[str, str] = CONFIGURED) -> str:
        """Run the steps of a job whose conditions are true, and return their output; nothing if the job's is false."""
        found = find_job(workflow, job)
        if not holds(found.settings.get("if", ""), context):
            return ""
        steps = [step for step in found.steps() if step.run and holds(step.settings.get("if", ""), context)]
        return "".join(self._run(step, context) for step in steps)

    def _run(self, step: Step, context: Mapping[str, str]) -> str:
        named = {name: fill_in(value, context) for name, value in step.variables.items()}
        environ = {**os.environ, **named, **self.variables}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run]
        folder = self.checkout / step.settings.get("working-directory", ".")
        done = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{step.id}\n{done.stdout}\n{done.stderr}"
        self.ran.add(step.id)
        return done.stdout

    def read(self, name: str) -> str:
        """Return a file that steps have written."""
        return (self.checkout / name).read_text("utf-8")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all committed and uncommitted files, with the environment of these tests."""
    folder = tmp_path_factory.mktemp("checkout") / "agenticai"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_symlink() or (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
    (folder / ".venv").symlink_to(sys.prefix)
    stub = folder / "stubs" / "gh"
    stub.parent.mkdir()
    stub.write_text(GH)
    stub.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def runner(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    home = home_of_its_own(tmp_path_factory.mktemp("state"))
    with served(home, "--no-stack") as told:
        variables = {
            "AGENTICAI_ENDPOINT": told["endpoint_url"],
            "AGENTICAI_HOME": str(home),
            "GH_CALLS": str(checkout / "gh-calls"),
            "GITHUB_REF_NAME": f"v{VERSION}",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SHA": "0123456789abcdef",
            "GITHUB_STEP_SUMMARY": str(checkout / "summary.md"),
            "PATH": os.pathsep.join([str(checkout / "stubs"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        yield Runner(checkout, variables)


JOBS = (
    ("main", "dev"),
    ("main", "prod"),
    ("main", "no-deployment"),
    ("pull-request", "preview"),
    ("pull-request", "no-preview"),
    ("pull-request", "comment"),
    ("weekly", "drift"),
    ("release", "build"),
    ("release", "publish"),
)
"""In the order in which jobs depend on each other."""


@pytest.fixture(scope="module")
def printed(runner: Runner) -> Mapping[tuple[str, str], str]:
    """The output of each job with a complete configuration."""
    return {(workflow, job): runner.run(workflow, job) for workflow, job in JOBS}


@pytest.fixture(scope="module")
def printed_unset(runner: Runner) -> Mapping[tuple[str, str], str]:
    """The output of each job that uses a role, without any configuration."""
    return {(workflow, job): runner.run(workflow, job, UNSET) for workflow, job in JOBS if workflow != "release"}


Printed = Mapping[tuple[str, str], str]


def test_main_is_deployed_to_dev_and_prod_and_each_is_tried(printed: Printed) -> None:
    assert "Smoke test of 0123456: COMPLETED" in printed["main", "dev"]
    assert "agenticai-api-prod" in printed["main", "prod"]
    assert printed["main", "no-deployment"] == ""


def test_a_pull_requests_changes_are_a_comment(printed: Printed, runner: Runner) -> None:
    preview = runner.read("preview.md")
    assert preview.splitlines()[0] == "What a deployment of this pull request changes in the stage dev:"
    assert "    A deployment would change nothing.\n" in preview
    assert preview in runner.read("summary.md")
    assert printed["pull-request", "no-preview"] == ""
    called = "pr comment 7 --repo octo-org/octo-repo --body-file preview.md --edit-last --create-if-none"
    assert called.split() == runner.read("gh-calls").split("release")[0].split()


def test_drift_is_looked_for(printed: Printed) -> None:
    assert "A deployment would change nothing." in printed["weekly", "drift"]


def test_a_release_has_packages_checksums_and_notes(printed: Printed, runner: Runner) -> None:
    assert printed["release", "publish"].count(": OK") == 2
    (wheel,) = (runner.checkout / "dist").glob("*.whl")
    assert {"agenticai/py.typed", "agenticai/stack/template.yaml"} <= set(zipfile.ZipFile(wheel).namelist())
    called = runner.read("gh-calls").partition("release\n")[2].splitlines()
    named = [f"dist/{wheel.name}", f"dist/agenticai-{VERSION}.tar.gz", "dist/SHA256SUMS"]
    assert called[:5] == ["create", f"v{VERSION}", *named]
    assert called[called.index("--title") + 1] == f"AgenticAI {VERSION}"
    assert runner.read("dist/NOTES.md").startswith("### ")


def test_what_is_not_set_up_says_so(printed_unset: Printed, runner: Runner) -> None:
    silent = {("main", "dev"), ("main", "prod"), ("pull-request", "preview")}
    assert all(printed_unset[job] == "" for job in silent)
    assert "AWS_DEPLOYER_DEV and AWS_DEPLOYER_PROD" in printed_unset["main", "no-deployment"]
    assert "AWS_PREVIEWER_DEV" in printed_unset["pull-request", "no-preview"]
    assert "dev is not compared: that needs the variable AWS_PREVIEWER_DEV" in printed_unset["weekly", "drift"]
    assert "AWS_PREVIEWER_DEV" in runner.read("summary.md")


def test_a_fork_gets_no_role(runner: Runner) -> None:
    assert runner.run("pull-request", "preview", FORK) == ""
    assert "a branch of this repository" in runner.run("pull-request", "no-preview", FORK)


@pytest.mark.usefixtures("printed", "printed_unset")
def test_every_step_was_run_but_for_the_checks(runner: Runner) -> None:
    assert {step.id for step in STEPS if step.run and step.run.strip() not in CHECKS} == runner.ran
