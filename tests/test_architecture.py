"""The import rules between the packages, and the direction inside each."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AGENTS = ("pm_agent", "dev_agent", "qa_agent", "ops_agent", "api_handler")
ROOMS = ("agenticai", "shared", "runner", *AGENTS)

# What each package may import of the others.
SHARED = ("shared.models", "shared.paths", "shared.models.layout")
CONTROL = ("agenticai.emulator.client", "agenticai.emulator.core", "agenticai.emulator.running")
# How agents parse a model's reply: replies that people write are checked in the same way.
PARSERS = (
    "dev_agent.acceptance",
    "dev_agent.envelopes",
    "dev_agent.generated",
    "pm_agent.agent",
    "shared.language_model.port",
)
ALLOWED: dict[str, tuple[str, ...]] = {
    "stack": ("agenticai.stack",),
    "emulator": tuple(
        f"agenticai.{name}"
        for name in ("emulator", "stack.errors", "stack.installer", "stack.platform", "stack.private_files")
    ),
    "handlers/shared": ("shared",),
    **{f"handlers/{agent}": ("shared", agent) for agent in AGENTS},
    "handlers/runner": ("shared", "runner"),
    "agenticai/sandbox": ("agenticai.sandbox", "runner"),
    "dashboard": (
        "agenticai.dashboard",
        "agenticai.client",
        "agenticai.display.printable",
        "agenticai.stack",
        "agenticai.emulator.faults.rules",
        *CONTROL,
        *SHARED,
    ),
    "agenticai/client": ("agenticai.client", "agenticai.stack", *CONTROL, *SHARED, *PARSERS),
    "scenarios": (
        "agenticai.scenarios",
        "agenticai.client",
        "agenticai.sandbox",
        "runner.sandbox",
        "agenticai.stack",
        "agenticai.emulator",
        *SHARED,
        "shared.templates",
        "shared.storage",
    ),
}

# The fixtures for other projects deploy their templates.
EXTENDED = {ROOT / "emulator" / room: ("agenticai.stack",) for room in ("testing", "standalone")}

LOGIC_IMPORTS_NO_AWS = [
    *(ROOT / "handlers").glob("*_agent/*.py"),
    *(ROOT / "handlers" / "api_handler").glob("*.py"),
    *(ROOT / "handlers" / "shared").glob("*.py"),
    *(ROOT / "handlers" / "shared" / "models").glob("*.py"),
]
# The edges: where a function begins, and where its connections are created.
EDGES = {"worker.py", "app.py", "composition.py"}


def imports(path: Path) -> Iterator[str]:
    """Yield all modules that a file imports, anywhere in it; for `from package import name` also `package.name`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files, f"there is no code in {room}"
    strays = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in imports(path)
        if within(module, ROOMS) and not within(module, ALLOWED[room] + EXTENDED.get(path.parent, ()))
    ]
    assert strays == []


def modules() -> dict[str, Path]:
    """Return every module of the product by its name."""
    found = {}
    for room in ("stack", "emulator", "scenarios", "agenticai", "handlers"):
        parent = ROOT / "handlers" if room == "handlers" else ROOT
        prefix = "" if room in {"handlers", "agenticai"} else "agenticai."
        for path in (ROOT / room).rglob("*.py"):  # rglob follows no links
            name = ".".join(path.relative_to(parent).with_suffix("").parts)
            found[prefix + name.removesuffix(".__init__")] = path
    return found


def package_imports() -> dict[str, set[str]]:
    """Return which other packages each package imports."""
    known = modules()
    packages = {name: name if path.name == "__init__.py" else name.rpartition(".")[0] for name, path in known.items()}
    graph: dict[str, set[str]] = {package: set() for package in packages.values()}
    for name, path in known.items():
        graph[packages[name]] |= {packages[module] for module in imports(path) if module in known} - {packages[name]}
    return graph


def test_no_package_imports_one_that_comes_to_import_it() -> None:
    graph = package_imports()
    assert len(graph) > 30
    assert "agenticai.emulator.core" in graph["agenticai.emulator"]
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))
    assert order


@pytest.mark.parametrize("room", ["scenarios", "dashboard"])
def test_nothing_imports_the_scenarios_and_the_dashboard_but_the_command_line(room: str) -> None:
    others = [path for other in ALLOWED if other != room for path in (ROOT / other).rglob("*.py")]
    assert [path for path in others for module in imports(path) if within(module, (f"agenticai.{room}",))] == []


def test_only_the_engine_knows_the_engine() -> None:
    knowing = {
        path.relative_to(ROOT / "emulator")
        for path in (ROOT / "emulator").rglob("*.py")
        if any(within(module, ("ministack",)) for module in imports(path))
    }
    assert {path.parts[:2] for path in knowing} == {("engines", "ministack")}


@pytest.mark.parametrize("path", [path for path in LOGIC_IMPORTS_NO_AWS if path.name not in EDGES], ids=str)
def test_logic_imports_no_aws_sdk_and_no_environment(path: Path) -> None:
    typing_only = ("botocore.exceptions",) if path.name == "queues.py" else ()
    strays = [m for m in imports(path) if within(m, ("boto3", "botocore", "os", "time")) and not within(m, typing_only)]
    assert strays == []


MARKUP = re.compile(r"\[/?(?:bold|dim|red|green|yellow|blue|cyan|magenta|/)\b|\[/\]")
"""Rich's tags: in text from outside, Rich would interpret them."""


def test_what_the_command_line_prints_is_no_markup() -> None:
    files = [
        path for path in (ROOT / "agenticai").rglob("*.py") if path.parent.resolve().is_relative_to(ROOT / "agenticai")
    ]
    assert files
    marked = [path.name for path in files if MARKUP.search(path.read_text("utf-8")) or "rich.markup" in imports(path)]
    assert marked == []


def test_every_module_opens_with_one_sentence() -> None:
    files = [path for room in (*ALLOWED, "agenticai", "tests") for path in (ROOT / room).rglob("*.py")]
    bare = [str(path.relative_to(ROOT)) for path in files if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert bare == []


KEYS = re.compile(
    r"\b(PROJECT|TEMPLATE|FILE|PLAN|TASK|MOD|TEST|DEPLOY|EVENT|ARCHIVE|REQUEST)#|^METADATA$"
    r"|^(projects|plans|test_results|deployments)/"
)


def strings(path: Path) -> Iterator[str]:
    """Yield every string in a file's code, including parts of formatted strings, but no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    statements = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in statements:
            yield node.value


def test_only_the_layout_spells_a_key() -> None:
    rooms = [path for room in ("handlers", "stack", "scenarios", "agenticai") for path in (ROOT / room).rglob("*.py")]
    spelled = [(path.name, text) for path in rooms for text in strings(path) if KEYS.search(text)]
    assert {name for name, _ in spelled} == {"layout.py"}, spelled


def test_what_the_dashboard_knows_is_known_without_streamlit() -> None:
    services = list((ROOT / "dashboard" / "services").glob("*.py"))
    assert services
    assert [path.name for path in services if any(within(module, ("streamlit",)) for module in imports(path))] == []


def test_the_pages_of_the_dashboard_ask_its_services_only() -> None:
    pages = [*(ROOT / "dashboard" / "views").glob("*.py"), *(ROOT / "dashboard" / "components").glob("*.py")]
    asking = ("boto3", "botocore", "httpx2", "agenticai.emulator.client", "agenticai.stack")
    assert [(path.name, module) for path in pages for module in imports(path) if within(module, asking)] == []


def test_whoever_asks_in_a_test_waits_for_a_busy_machine() -> None:
    """By default, httpx2 gives up after five seconds."""
    hasty = []
    for path in (ROOT / "tests").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            named = {keyword.arg for keyword in call.keywords}
            asks = re.fullmatch(
                r"httpx2\.(Client|get|post|put|delete|head|options|patch|request|stream)", ast.unparse(call.func)
            )
            if asks and not named & {"timeout", "transport"}:
                hasty.append(f"{path.name}:{call.lineno}")
    assert hasty == []
