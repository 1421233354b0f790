"""Web applications without a Lambda handler: the file that is added so that Lambda can call one."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from ops_agent.dependencies import Files, read_manifest
from shared.models.runs import Language
from shared.source_files import detect_language, is_test


@dataclass(frozen=True)
class Framework:
    """A web framework: how its applications are created, and the adapter by which Lambda calls them."""

    language: str
    made: re.Pattern[str]
    exported: str
    requirement: str
    entry: str
    text: str


@dataclass(frozen=True)
class Entry:
    """The file that turns an application into a handler, and the package that it needs."""

    path: str
    text: str
    requirement: str

    @property
    def handler(self) -> str:
        """The handler in Lambda's notation."""
        return f"{PurePosixPath(self.path).with_suffix('')}.handler"

    @property
    def language(self) -> Language:
        """The language of the file."""
        return "python" if self.path.endswith(".py") else "node"


def _write_python_entry(package: str, adapter: str) -> str:
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
"""How a JavaScript module exports its application; `{0}` stands for the application's name."""

FRAMEWORKS: Final = (
    Framework(
        "python",
        re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:fastapi\.)?FastAPI\(", re.MULTILINE),
        "",
        "mangum",
        "lambda_entry.py",
        _write_python_entry("mangum", "Mangum"),
    ),
    Framework(
        "python",
        re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:flask\.)?Flask\(", re.MULTILINE),
        "",
        "apig-wsgi",
        "lambda_entry.py",
        _write_python_entry("apig_wsgi", "make_lambda_handler"),
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
    """Return the entry for the application nearest to the root; None if no module exports one."""
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        if is_test(path) or not re.fullmatch(r"[\w./-]+", path):
            continue
        for framework in FRAMEWORKS:
            text = files[path]
            match = framework.made.search(text) if detect_language(path, text) == framework.language else None
            if match and re.search(framework.exported.format(match[1]), text):
                return _write_entry(framework, PurePosixPath(path), match[1])
    return None


def _write_entry(framework: Framework, path: PurePosixPath, app: str) -> Entry:
    text = framework.text.format(file=path.name, module=path.stem, app=app)
    return Entry(str(path.with_name(framework.entry)), text, framework.requirement)


_NO_BROWSER_READS: Final = (".jsx", ".tsx", ".ts", ".vue", ".svelte")
_BUILDERS: Final = (
    "vite.config.",
    "webpack.config.",
    "rollup.config.",
    "astro.config.",
    "svelte.config.",
    "next.config.",
)


def needs_build(files: Files) -> bool:
    """Return whether a site must be built first: browsers do not read JSX, TypeScript or bare imports."""
    scripts = read_manifest(files.get("package.json", "")).get("scripts")
    if not isinstance(scripts, dict) or "build" not in scripts:
        return False
    pages = [text for path, text in files.items() if PurePosixPath(path).name == "index.html"]
    sources = [path for path in files if path.endswith(_NO_BROWSER_READS) and not is_test(path)]
    configured = any(PurePosixPath(path).name.startswith(_BUILDERS) for path in files)
    unread = bool(sources) or any("/src/main" in page or "%PUBLIC_URL%" in page for page in pages)
    return configured or (bool(pages) and unread)
