"""Web applications that are no Lambda handlers yet: what is put beside one so that Lambda can call it."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from shared.source_files import is_test, language_of

Files = Mapping[str, str]
"""Texts by path."""

REQUIREMENTS: Final = "requirements-lambda.txt"
"""What a package needs that no requirements file of the project names."""


@dataclass(frozen=True)
class Framework:
    """A web framework, how an application of it is made, and the adapter that has Lambda call one."""

    language: str
    made: re.Pattern[str]
    exported: str
    requirement: str
    entry: str
    text: str


@dataclass(frozen=True)
class Entry:
    """The file that makes an application a handler, and the package that it needs."""

    path: str
    text: str
    requirement: str

    @property
    def handler(self) -> str:
        """The handler in Lambda's notation."""
        return f"{PurePosixPath(self.path).with_suffix('')}.handler"


def _python_entry(package: str, adapter: str) -> str:
    return f'''\
"""Has Lambda call the application in {{file}}."""

import importlib

from {package} import {adapter}

_module = importlib.import_module(f"{{{{__package__}}}}.{{module}}" if __package__ else "{{module}}")
handler = {adapter}(_module.{{app}})
'''


_NODE_ENTRY: Final = """\
// Has Lambda call the application in {file}.
import serverless from "serverless-http";
import * as loaded from "./{file}";

const found = loaded.default ?? loaded.app;
export const handler = serverless(found.app ?? found);
"""

_EXPORTED: Final = (
    r"module\.exports\s*=\s*{0}\b|export\s+default\s+{0}\b|exports\.app\s*=\s*{0}\b|export\s+const\s+app\b"
)
"""How a module of JavaScript tells its application; a pattern in which the name is to be put."""

FRAMEWORKS: Final = (
    Framework(
        "python",
        re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:fastapi\.)?FastAPI\(", re.MULTILINE),
        "",
        "mangum",
        "lambda_entry.py",
        _python_entry("mangum", "Mangum"),
    ),
    Framework(
        "python",
        re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:flask\.)?Flask\(", re.MULTILINE),
        "",
        "apig-wsgi",
        "lambda_entry.py",
        _python_entry("apig_wsgi", "make_lambda_handler"),
    ),
    Framework(
        "javascript",
        re.compile(r"^(?:export\s+)?(?:const|let|var)\s+(\w+)\s*=\s*express\(\s*\)", re.MULTILINE),
        _EXPORTED,
        "serverless-http",
        "lambda-entry.mjs",
        _NODE_ENTRY,
    ),
)


def find_entry(files: Files) -> Entry | None:
    """Return what makes the application nearest to the root a handler; None where none can be imported."""
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        if is_test(path) or not re.fullmatch(r"[\w./-]+", path):
            continue
        for framework in FRAMEWORKS:
            text = files[path]
            made = framework.made.search(text) if language_of(path, text) == framework.language else None
            if made and re.search(framework.exported.format(made[1]), text):
                return _write(framework, PurePosixPath(path), made[1])
    return None


def _write(framework: Framework, path: PurePosixPath, app: str) -> Entry:
    text = framework.text.format(file=path.name, module=path.stem, app=app)
    return Entry(str(path.with_name(framework.entry)), text, framework.requirement)


def needs_build(files: Files) -> bool:
    """Return whether a site is made by a program first: browsers read no JSX, TypeScript or bare imports."""
    scripts = read_manifest(files.get("package.json", "")).get("scripts")
    if not isinstance(scripts, dict) or "build" not in scripts:
        return False
    pages = [text for path, text in files.items() if PurePosixPath(path).name == "index.html"]
    sources = [path for path in files if path.endswith(_NO_BROWSER_READS) and not is_test(path)]
    configured = any(PurePosixPath(path).name.startswith(_BUILDERS) for path in files)
    unread = bool(sources) or any("/src/main" in page or "%PUBLIC_URL%" in page for page in pages)
    return configured or (bool(pages) and unread)


_NO_BROWSER_READS: Final = (".jsx", ".tsx", ".ts", ".vue", ".svelte")
_BUILDERS: Final = (
    "vite.config.",
    "webpack.config.",
    "rollup.config.",
    "astro.config.",
    "svelte.config.",
    "next.config.",
)


def read_manifest(text: str) -> Mapping[str, Any]:
    """Return a package.json; nothing where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def list_node_packages(files: Files) -> frozenset[str]:
    """Return the packages that any package.json of the project has installed with its function."""
    manifests = (read_manifest(text) for path, text in files.items() if PurePosixPath(path).name == "package.json")
    tables = (each.get(kind) for each in manifests for kind in ("dependencies", "optionalDependencies"))
    return frozenset(name for table in tables if isinstance(table, dict) for name in table)


def is_manifest(path: str) -> bool:
    """Return whether a file says what Python packages are to be installed."""
    return re.fullmatch(r"requirements[\w.-]*\.txt|pyproject\.toml", PurePosixPath(path).name) is not None


def list_installed(kind: str, handler: str, paths: frozenset[str]) -> tuple[str, ...]:
    """Return the requirements files whose packages go into the package of a Python function.

    That is the nearest one above its handler, and the one that names what no other does.
    """
    if kind != "python-lambda":
        return ()
    folders = [PurePosixPath(handler).parent, *PurePosixPath(handler).parent.parents]
    above = (str(folder / "requirements.txt") for folder in folders)
    return (*[path for path in above if path in paths][:1], *sorted({REQUIREMENTS} & paths))


def list_requirements(files: Files, handler: str) -> Iterator[str]:
    """Yield what a pyproject.toml asks for where no requirements.txt above the handler does."""
    if list_installed("python-lambda", handler, frozenset(files)):
        return
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        if PurePosixPath(path).name == "pyproject.toml":
            yield from _read_dependencies(files[path])
            return


def _read_dependencies(text: str) -> Iterator[str]:
    try:
        project = tomllib.loads(text).get("project")
    except tomllib.TOMLDecodeError:
        return
    found = project.get("dependencies") if isinstance(project, dict) else None
    yield from (each for each in found if isinstance(each, str)) if isinstance(found, list) else ()
