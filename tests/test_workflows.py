"""GitHub's workflows: valid, pinned, with minimal permissions, and only with existing commands, options and files."""

import importlib.util
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from typer.main import get_command

from agenticai.command_line import app
from tests.workflows import FOLDER, JOBS, ROOT, STEPS, WORKFLOWS, Job, Step, fill_in, find_job, holds

GITHUB = FOLDER.parent
BIN = Path(sys.executable).parent
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))

SCHEMAS = {
    "vendor.github-workflows": sorted(FOLDER.glob("*.yml")),
    "vendor.dependabot": [GITHUB / "dependabot.yml"],
    "vendor.github-issue-forms": [form for form in FORMS if form.name != "config.yml"],
    "vendor.github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
}

WRITES = {
    ("pull-request", "preview"): {"id-token"},
    ("pull-request", "comment"): {"pull-requests"},
    ("main", "dev"): {"id-token"},
    ("main", "prod"): {"id-token"},
    ("weekly", "drift"): {"id-token"},
    ("release", "publish"): {"contents"},
}
"""The write permissions of jobs; all others only read."""


@pytest.mark.parametrize("schema", SCHEMAS)
def test_files_are_as_github_wants_them(schema: str) -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", schema, *map(str, SCHEMAS[schema])]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_zizmor_finds_nothing() -> None:
    command = [
        str(BIN / "zizmor"),
        "--offline",
        "--quiet",
        "--persona=pedantic",
        "--strict-collection",
        "--collect=all",
        str(GITHUB),
    ]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_hooks_are_of_the_projects_own_environment() -> None:
    file = ROOT / ".pre-commit-config.yaml"
    checked = subprocess.run([str(BIN / "pre-commit"), "validate-config", str(file)], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout
    (repository,) = yaml.safe_load(file.read_text("utf-8"))["repos"]
    programs = [hook["entry"].split()[0] for hook in repository["hooks"]]
    assert {str(Path(program).parent) for program in programs} == {".venv/bin"}
    assert [program for program in programs if not (BIN / Path(program).name).is_file()] == []


def test_actions_are_pinned_to_one_commit_with_its_version_beside_it() -> None:
    pins = defaultdict(set)
    for path in FOLDER.glob("*.yml"):
        for used in re.findall(r"\buses: (.+)", path.read_text("utf-8")):
            if used.startswith("./"):
                assert (ROOT / used).is_file()
                continue
            pinned = re.fullmatch(r"([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", used)
            assert pinned, f"{path.name}: {used}"
            pins[pinned[1]].add(pinned.group(2, 3))
    assert len(pins) >= 5
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.workflow}/{job.name}")
def test_a_job_may_do_what_it_is_said_to_need(job: Job) -> None:
    assert WORKFLOWS[job.workflow]["permissions"] == {}
    granted = job.settings["permissions"]
    assert {name for name, access in granted.items() if access == "write"} == WRITES.get(
        (job.workflow, job.name), set()
    )
    assert set(granted.values()) <= {"read", "write"}
    if "uses" not in job.settings:
        assert 0 < int(job.settings["timeout-minutes"]) <= (120 if job.workflow == "nightly" else 60)
        assert not job.settings["runs-on"].endswith("latest")


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_never_runs_with_rights_for_code_of_others(workflow: str) -> None:
    triggers = set(WORKFLOWS[workflow]["on"])
    assert triggers <= {"push", "pull_request", "schedule", "workflow_dispatch", "workflow_call"}
    assert WORKFLOWS[workflow]["defaults"]["run"]["shell"] == "bash"  # it stops at the first failure, in a pipe too


def test_deployments_of_a_stage_take_turns_and_other_runs_too() -> None:
    groups = {job.name: job.settings["concurrency"] for job in JOBS if "environment" in job.settings}
    stages = {name: {"group": f"deploy-{name}", "cancel-in-progress": "false"} for name in ("dev", "prod")}
    assert groups == stages
    without = {name for name, workflow in WORKFLOWS.items() if "concurrency" not in workflow}
    assert without == {"checks"}


def test_a_job_that_writes_comments_or_releases_checks_nothing_out() -> None:
    for workflow, name in (("pull-request", "comment"), ("release", "publish")):
        assert [step for step in find_job(workflow, name).steps() if "checkout" in step.settings.get("uses", "")] == []


def test_what_is_released_or_deployed_passed_the_checks_and_prod_is_approved() -> None:
    needs = {(job.workflow, job.name): job.settings.get("needs") for job in JOBS}
    assert needs["main", "dev"] == needs["release", "build"] == "checks"
    assert needs["main", "prod"] == "dev"
    assert needs["release", "publish"] == "build"
    stages = {job.name: job.settings["environment"] for job in JOBS if "environment" in job.settings}
    assert stages == {"dev": "dev", "prod": "prod"}


@pytest.mark.parametrize("step", [step for step in STEPS if step.run], ids=lambda step: step.id)
def test_no_expression_is_put_into_a_shell(step: Step) -> None:
    assert "${{" not in step.run


def test_variables_and_secrets_are_documented_and_every_one_there_is_used() -> None:
    texts = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.yml"))
    used = set(re.findall(r"\b(?:vars|secrets)\.(\w+)", texts))
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    rows = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `AWS_")]
    assert used == {name for row in rows for name in re.findall(r"`(\w+)`", row)} | {"GEMINI_API_KEY"}
    assert "the secret `GEMINI_API_KEY`" in page
    assert set(re.findall(r"^\| `([\w-]+)\.yml`", page, re.MULTILINE)) == set(WORKFLOWS)


def commands(script: str) -> Iterator[list[str]]:
    """Yield the words of each command of a script, with the commands of a pipe one by one."""
    for line in script.replace("\\\n", " ").splitlines():
        yield from (words for part in line.split("|") if (words := shlex.split(part.strip())))


def find_problem(words: list[str]) -> str:
    """Return what a command names that does not exist; empty if there is nothing."""
    program, *arguments = words
    if program == "make":
        listed = (ROOT / "Makefile").read_text("utf-8")
        return "" if re.search(rf"^{arguments[0]}:", listed, re.MULTILINE) else f"no target {arguments[0]}"
    if program == ".venv/bin/agenticai":
        return find_wrong_option(arguments)
    files = [word for word in words if word.startswith((".ci/", "docs/")) or word.endswith(".py")]
    return next((f"no file {file}" for file in files if not (ROOT / file).is_file()), "")


def find_wrong_option(arguments: list[str]) -> str:
    group: Any = get_command(app)
    command = group.commands.get(arguments[0])
    if command is None:
        return f"no command {arguments[0]}"
    known = {option for parameter in command.params for option in parameter.opts}
    given = {word for word in arguments if word.startswith("--")}
    return f"{arguments[0]} has no {given - known}" if given - known else ""


@pytest.mark.parametrize("step", [step for step in STEPS if step.run], ids=lambda step: step.id)
def test_what_a_step_calls_is_there(step: Step) -> None:
    assert [problem for words in commands(step.run) if (problem := find_problem(words))] == []


def test_what_is_not_there_is_found() -> None:
    wrong = "make nothing\n.venv/bin/agenticai diff --all | tee out\n.venv/bin/agenticai undo\npython3 .ci/none.py"
    found = [find_problem(words) for words in commands(wrong)]
    assert found == ["no target nothing", "diff has no {'--all'}", "", "no command undo", "no file .ci/none.py"]


def test_conditions_and_expressions_are_read() -> None:
    context = {"a.b": "x", "a.c": ""}
    assert fill_in("${{ a.b }}-${{a.c}}", context) == "x-"
    assert holds("", context)
    assert holds("a.b != '' && a.c == ''", context)
    assert not holds("a.c != '' || a.b == a.c", context)
    with pytest.raises(KeyError):
        holds("a.d == ''", context)


@pytest.fixture(scope="module")
def release_notes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_notes", ROOT / ".ci" / "release_notes.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_notes_of_a_release_are_its_section(release_notes: ModuleType) -> None:
    changelog = (
        "# Changelog\n\n## [Unreleased]\n\n- c\n\n## [1.1.0] - 2026-11-02\n\n- b\n\n## [1.0.0] - 2026-11-01\n\n- a\n"
    )
    assert release_notes.find_section(changelog, "1.1.0") == "- b"
    assert release_notes.find_section(changelog, "1.0.0") == "- a"
    assert release_notes.find_section(changelog, "1.0") == ""
    assert release_notes.find_section(changelog, "Unreleased") == ""
