"""What the documents say is true: commands, paths, links and the demo's text."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from agenticai.command_line import app
from agenticai.scenarios.format.scenario import LIBRARY, load
from shared.errors import AgentError
from shared.models.workflow import ProjectStatus

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text("utf-8")
CONTRACT = (ROOT / "docs" / "worker-contract.md").read_text("utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", document.read_text("utf-8"))
    assert [path for path, _ in links if path and not (document.parent / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_paths_exist(document: Path) -> None:
    rooms = ("handlers", "stack", "emulator", "scenarios", "tests", "docs")
    named = re.findall(rf"`((?:{'|'.join(rooms)})/[\w./*-]*)`", document.read_text("utf-8"))
    missing = [
        path for path in named if not (list(ROOT.glob(path.rstrip("/"))) if "*" in path else (ROOT / path).exists())
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_examples_in_python_import_what_they_name(document: Path) -> None:
    for example in re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F821", "-"]
        checked = subprocess.run(command, input=example, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout


def test_the_readmes_request_is_one_that_replies_are_stored_for() -> None:
    assert "new --file docs/examples/greeting.md" in README
    requirements = (ROOT / "docs" / "examples" / "greeting.md").read_text("utf-8")
    assert requirements == load(LIBRARY / "greeting.yaml").first.requirements


def test_the_readmes_make_targets_exist() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^\s*make ([a-z-]+)", README, re.MULTILINE)) | set(
        re.findall(r"`make ([a-z-]+)`", README)
    )
    assert targets
    assert [target for target in targets if f"make {target} " not in listed] == []


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    command = get_command(app)
    existing = set(command.commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"agenticai (\w+)", README)) | set(re.findall(r"make (demo|up)", README))
    assert existing <= named
    assert named <= existing


def test_the_contract_names_every_failure_and_status() -> None:
    assert [kind.__name__ for kind in AgentError.__subclasses__() if kind.__name__.lower() not in CONTRACT] == []
    assert [status for status in ProjectStatus if status not in CONTRACT] == []
