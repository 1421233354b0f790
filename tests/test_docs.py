"""The documents are correct: commands, paths, links and the demo's text."""

import ast
import importlib
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from typer.main import get_command

from agenticai.client.model_cost import Model
from agenticai.command_line import app
from agenticai.commands.engines import HOST_VARIABLE
from agenticai.commands.serving import make_new_command
from agenticai.commands.settings import ENDPOINT_VARIABLES, KEY_VARIABLE, PORT_VARIABLE, STAGE_VARIABLE
from agenticai.display.serving import format_welcome
from agenticai.emulator.client import ControlClient
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.stack.target import Target
from agenticai.stack.template import TEMPLATE, Template
from shared.models.errors import AgentError
from shared.models.workflow import ProjectStatus
from tests.contracts import BARE_MINISTACK, LOCALSTACK, HeldEngine

if TYPE_CHECKING:
    from agenticai.stack.outputs import StackOutputs

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs").glob("decisions/*.md")),
]
README = (ROOT / "README.md").read_text("utf-8")
CONTRACT = (ROOT / "docs" / "worker-contract.md").read_text("utf-8")
ENGINES = (ROOT / "docs" / "engine-contract.md").read_text("utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", document.read_text("utf-8"))
    targets = [(document.parent / path if path else document, anchor) for path, anchor in links]
    assert [str(path) for path, _ in targets if not path.exists()] == []
    assert [f"{path}#{a}" for path, a in targets if a and path.suffix == ".md" and a not in anchors_of(path)] == []


@cache
def anchors_of(document: Path) -> frozenset[str]:
    """Return the anchors that GitHub creates for a document's headings."""
    text = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line) for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_paths_exist(document: Path) -> None:
    rooms = ("handlers", "stack", "emulator", "scenarios", "agenticai", "tests", "docs")
    named = re.findall(rf"`((?:{'|'.join(rooms)})/[\w./*-]*)`", document.read_text("utf-8"))
    missing = [
        path for path in named if not (list(ROOT.glob(path.rstrip("/"))) if "*" in path else (ROOT / path).exists())
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_names_are_in_the_files_that_are_said_to_have_them(document: Path) -> None:
    named = re.findall(r"`(\w+)` (?:in|of) `([\w/]+\.(?:py|yaml))`", document.read_text("utf-8"))
    assert [pair for pair in named if pair[0] not in (ROOT / pair[1]).read_text("utf-8")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_examples_in_python_import_what_they_name(document: Path) -> None:
    for example in re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F821", "-"]
        checked = subprocess.run(command, input=example, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def test_the_readmes_request_is_one_that_replies_are_stored_for() -> None:
    assert "new --file docs/examples/greeting.md" in README
    requirements = (ROOT / "docs" / "examples" / "greeting.md").read_text("utf-8")
    assert requirements == load(LIBRARY / "greeting.yaml").first.requirements


@pytest.fixture(scope="module")
def targets() -> set[str]:
    """Return make's targets, as `make help` lists them."""
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^\s+make ([a-z0-9-]+) ", listed, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_make_targets_exist(document: Path, targets: set[str]) -> None:
    text = document.read_text("utf-8")
    named = re.findall(r"`make ([a-z0-9-]+)", text)
    named += [name for line in code_lines(text) for name in re.findall(r"^\s*make ([a-z0-9-]+)", line)]
    assert set(named) <= targets


def test_every_make_target_is_documented(targets: set[str]) -> None:
    pages = "\n".join(document.read_text("utf-8") for document in DOCUMENTS)
    assert [target for target in targets if not re.search(rf"\bmake (?:lint )?{target}\b", pages)] == []


def test_every_page_is_in_an_index() -> None:
    index, decisions = (ROOT / "docs" / "README.md", ROOT / "docs" / "decisions" / "README.md")
    for page in (index, decisions):
        beside = {path.name for path in page.parent.glob("*.md")} - {page.name}
        assert beside <= set(re.findall(r"\]\(([\w.-]+\.md)[)#]", page.read_text("utf-8")))


CONTROL_API = (ROOT / "docs" / "control-api.md").read_text("utf-8")


def routes_of_the_control_api() -> set[str]:
    """Return the paths that are declared below the control API's prefix."""
    elsewhere = {"gemini/routes.py", "http/operations.py"}
    emulator = ROOT / "emulator"
    files = [path for path in emulator.rglob("*.py") if path.relative_to(emulator).as_posix() not in elsewhere]
    texts = [path.read_text("utf-8") for path in files]
    own = {path for text in texts for path in re.findall(r"\bRoute\(\"(/[^\"]+)\"", text)}
    named = {
        path
        for text in texts
        if "Route(PATH," in text
        for path in re.findall(r"^PATH.* = \"(.+)\"", text, re.MULTILINE)
    }
    return {path.replace(":int", "") for path in own | named}


def test_every_operation_of_the_control_api_is_documented_and_every_one_there_exists() -> None:
    rows = re.findall(r"^\| `[A-Z]+ /_harness(/[^`]+)` \| (?:`(\w+)`)? *\|", CONTROL_API, re.MULTILINE)
    assert {path for path, _ in rows} == routes_of_the_control_api()
    methods = {name for name, member in vars(ControlClient).items() if callable(member) and not name.startswith("_")}
    assert {method for _, method in rows if method} == methods - {"close"}


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    command = get_command(app)
    existing = set(command.commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"agenticai (\w+)", README)) | set(re.findall(r"make (demo|up|dashboard)", README))
    assert existing <= named
    assert named <= existing


COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text("utf-8")
SHARED_OPTIONS = {"--json", "--endpoint", "--stage", "--region", "--profile", "--help"}
ALIASES = {"--endpoint": "--target"}
"""Aliases of an option, which is documented as the first."""
COMPLETION = {"--install-completion", "--show-completion", "--version"}


def options_of(group: Any, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield every command's name with its options, except those that many commands share."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from options_of(command, f"{path}{name} ")
        else:
            given = [set(parameter.opts) for parameter in command.params]
            named = {option for opts in given for option in opts if option.startswith("--")}
            same = {ALIASES[option] for opts in given for option in opts & ALIASES.keys()}
            yield f"{path}{name}", named - SHARED_OPTIONS - same


OPTIONS = dict(options_of(get_command(app)))


def test_every_command_has_a_section() -> None:
    assert re.findall(r"^### (.+)$", COMMAND_LINE, re.MULTILINE) == list(OPTIONS)
    assert re.findall(r"^\| \[`(.+)`\]\(#", COMMAND_LINE, re.MULTILINE) == list(OPTIONS)


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_is_in_its_commands_section_and_every_one_there_exists(command: str) -> None:
    section = re.split(r"^###? ", COMMAND_LINE.split(f"\n### {command}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    assert set(re.findall(r"^- `(--[a-z-]+)", section, re.MULTILINE)) == OPTIONS[command]


def test_the_options_that_many_commands_take_are_documented() -> None:
    shared = COMMAND_LINE.split("## Options that many commands take")[1].split("\n## ")[0]
    assert set(re.findall(r"^- `(--[a-z-]+)", shared, re.MULTILINE)) == SHARED_OPTIONS
    assert [option for option in COMPLETION if option not in COMMAND_LINE] == []


def variables_in_code() -> set[str]:
    """Return the product's own variables in the code, and those of the options."""
    rooms = ("agenticai", "dashboard", "emulator", "handlers", "scenarios", "stack")
    texts = [path.read_text("utf-8") for room in rooms for path in (ROOT / room).glob("**/*.py")]
    own = {name for text in texts for name in re.findall(r"\bAGENTICAI_[A-Z_]+\b", text)}
    return own | {*ENDPOINT_VARIABLES, PORT_VARIABLE, STAGE_VARIABLE, KEY_VARIABLE, HOST_VARIABLE}


def test_every_variable_is_documented_and_every_one_there_exists() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", COMMAND_LINE, re.MULTILINE))
    of_others = {"PIP_INDEX_URL", "NO_COLOR", "COLUMNS"}
    assert documented == variables_in_code() | of_others


SETTINGS = (ROOT / "docs" / "settings.md").read_text("utf-8")


def rows_of(title: str) -> list[list[str]]:
    """Return the cells of the table under a title of the page on settings."""
    section = SETTINGS.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\| `.+$", section, re.MULTILINE)]


def test_every_parameter_of_the_template_is_documented_with_its_default() -> None:
    declared = Template.load(TEMPLATE).document["Parameters"]
    defaults = {f"`{name}`": f"`{one['Default']}`" if one["Default"] != "" else "" for name, one in declared.items()}
    assert {name: default for name, _, default in rows_of("Parameters of the template")} == defaults


def test_every_variable_of_the_functions_is_documented_with_who_has_it() -> None:
    document = Template.load(TEMPLATE).document
    shared = document["Globals"]["Function"]["Environment"]["Variables"]
    has: dict[str, set[str]] = defaultdict(set)
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"]["Environment"]["Variables"]
            for name in own.keys() | shared.keys():
                has[f"`{name}`"].add(own["POWERTOOLS_SERVICE_NAME"])
    everybody = set.union(*has.values())
    documented = {
        name: everybody if of == "all" else set(of.split(", ")) for name, of, _ in rows_of("Variables of the functions")
    }
    assert documented == has


TROUBLESHOOTING = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")


def texts_of(tree: ast.AST) -> Iterator[str]:
    """Yield the texts in a module, with … for inserted values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"%[sd]|%d\.%d|\{\w*\}", "…", node.value)


def test_messages_that_are_explained_are_in_the_code() -> None:
    rooms = ("agenticai", "emulator", "handlers", "scenarios", "stack")
    files = [ROOT / "bootstrap.py", *(path for room in rooms for path in (ROOT / room).rglob("*.py"))]
    said = "\n".join(text for path in files for text in texts_of(ast.parse(path.read_text("utf-8"))))
    quoted = re.findall(r'"([^"|]{12,})"', TROUBLESHOOTING)
    parts = {part.strip(" .") for message in quoted for part in message.split("…")}
    assert len(quoted) > 15
    assert [part for part in parts if part and part not in said] == []


ON_AWS = ROOT / "docs" / "aws.md"
"""The only page whose commands are for AWS itself."""


@pytest.mark.parametrize("document", [page for page in DOCUMENTS if page != ON_AWS], ids=lambda path: path.name)
def test_what_is_pasted_never_leaves_the_machine(document: Path) -> None:
    text = document.read_text("utf-8")
    lines = [line for line in code_lines(text) if re.search(r"(^|[\s;&|$(])aws [a-z]", line)]
    assert [line for line in lines if not stays_here(line)] == []
    clients = re.findall(r"\bboto3\.(?:client|resource)\((?:[^()]|\([^()]*\))*\)", text)
    assert [client for client in clients if "endpoint_url=" not in client] == []


def code_lines(text: str) -> Iterator[str]:
    """Yield the lines of a document's code blocks, fenced or indented."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line


def stays_here(line: str) -> bool:
    """Return whether an AWS CLI command names the engine and dummy credentials; version 1 ignores the variables."""
    return all(
        part in line for part in ("AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "--endpoint-url http://127.0.0.1")
    )


def test_a_line_that_leaves_the_machine_is_found() -> None:
    assert not stays_here("aws sqs list-queues")
    assert not stays_here("AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws sqs")
    bench = Bench(Target.embedded(), OUTPUTS, "secret")
    pasted = format_welcome(bench, make_new_command(bench, "agenticai"), STORED, Path("curl")).plain.splitlines()
    assert [stays_here(line) for line in pasted if " aws " in line] == [True]


STORED = Model("gemini", "stored")
OUTPUTS = cast("StackOutputs", SimpleNamespace(stage="dev", api_url="http://127.0.0.1:1/v1"))


@pytest.mark.parametrize("held", [LOCALSTACK, BARE_MINISTACK], ids=lambda held: held.name)
def test_what_an_engine_does_otherwise_is_listed(held: HeldEngine) -> None:
    section = ENGINES.split(f"\n## What {held.name} ")[1].split("\n## ")[0]
    listed = re.findall(r"^\| [^|]+ \| ([^|]+) \| `(test_.+)` \|$", section, re.MULTILINE)
    assert [(name, does) for does, name in listed] == list(held.differences.items())


def test_the_contract_names_every_failure_and_status() -> None:
    assert [kind.__name__ for kind in AgentError.__subclasses__() if kind.__name__.lower() not in CONTRACT] == []
    assert [status for status in ProjectStatus if status not in CONTRACT] == []
