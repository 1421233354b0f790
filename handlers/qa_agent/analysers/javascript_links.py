"""Checks JavaScript and TypeScript across files: imports against files and package.json, names against declarations."""

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from qa_agent.analysers.javascript_modules import DEFAULT, Import, Script, read_script
from qa_agent.analysers.javascript_names import BUILT_IN_MODULES, is_predefined
from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.python_links import IMPORT, UNDECLARED
from shared.models.severity import Severity

UNDEFINED: Final = "undefined-name"

_LANGUAGES: Final = frozenset({"javascript", "typescript"})
_ENDINGS: Final = (
    "",
    ".js",
    ".mjs",
    ".cjs",
    ".jsx",
    ".ts",
    ".mts",
    ".cts",
    ".tsx",
    ".d.ts",
    ".json",
    ".vue",
    ".svelte",
)
_WRITTEN: Final = frozenset({*_ENDINGS, ".css", ".scss"})
"""Extensions of files that a model writes; images have to be added by a person."""

# Written by a build, a framework or a person, not by a model.
_GENERATED: Final = re.compile(r"(?:^|/)(?:dist|build|out|generated|gen|pkg|wasm|node_modules)/|/[$+]|\.gen\b|\?")
_MINIFIED: Final = re.compile(r"\.min\.[mc]?js$|\.d\.[mc]?ts$|(?:^|/)(?:vendor|third_party|node_modules|dist)/")
_FOREIGN_SCRIPT: Final = re.compile(r"<script\b[^>]*\bsrc\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE)
_IN_PAGE: Final = re.compile(r"\b(?:var|let|const|function|class)\s+([A-Za-z_$][\w$]*)|\bid\s*=\s*[\"']([\w$-]+)[\"']")
_PACKAGE: Final = re.compile(r"(@[\w.-]+/[\w.-]+|[a-z][\w.-]*)(?:/|$)")
_DEPENDENCIES: Final = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_LONGEST_LINE: Final = 2000


class JavascriptLinks:
    """Checks all scripts of a project together, with the pages that load them."""

    name: ClassVar[str] = "javascript-links"
    alone: ClassVar[bool] = False

    def reads(self, file: SourceFile) -> bool:
        """Return whether it is a script, a page, or a file that scripts import."""
        return file.language in _LANGUAGES or file.language in {"html", "json", "css", "scss", "vue", "svelte"}

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return imports of files, names or packages that do not exist, and names that are not declared."""
        scripts = {
            file.path: script
            for file in files
            if file.language in _LANGUAGES and not _is_ignored(file)
            if (script := read_script(file.path, file.language, file.text))
        }
        project = _Project(files, scripts)
        for script in scripts.values():
            yield from project.check_imports(script)
            if not script.path.endswith((".ts", ".tsx", ".mts", ".cts")):
                yield from project.check_names(script)


class _Project:
    """All files of a project, and the global names that scripts without modules share."""

    def __init__(self, files: Sequence[SourceFile], scripts: dict[str, Script]) -> None:
        self._paths = {file.path for file in files}
        self._scripts = scripts
        pages = [file.text for file in files if file.language == "html"]
        self._loads_foreign = any(map(_FOREIGN_SCRIPT.search, pages))
        self._shared = {name for page in pages for found in _IN_PAGE.findall(page) for name in found if name}
        for script in scripts.values():
            self._shared |= script.shared
            if not script.is_module and not script.is_common:
                self._shared |= script.declared
        manifests = [file for file in files if posixpath.basename(file.path) == "package.json"]
        self._manifest = min((file.path for file in manifests), key=lambda path: path.count("/"), default=None)
        self._packages = {name for file in manifests for name in _read_packages(file.text)}
        self._has_aliases = any('"paths"' in file.text for file in files if file.language == "json")

    def check_imports(self, script: Script) -> Iterator[Fault]:
        """Yield the imports of a script that do not resolve, or whose names the target does not export."""
        for item in script.imports:
            if not item.source.startswith(("./", "../")):
                yield from self._check_package(script, item)
                continue
            if _GENERATED.search(item.source):
                continue
            target = self._resolve(script.path, item.source)
            if target is None:
                if not item.is_guarded and posixpath.splitext(item.source)[1] in _WRITTEN:
                    yield _make_fault(script, item.line, IMPORT, f"there is no file {item.source} in the project")
                continue
            for name in item.names:
                if self._lacks(target, name, by_require=item.by_require):
                    yield _make_fault(script, item.line, IMPORT, f"{item.source} does not export {name}")

    def check_names(self, script: Script) -> Iterator[Fault]:
        """Yield the names that a script uses without a declaration in any scope."""
        if self._loads_foreign and not (script.is_module or script.is_common):
            return
        for name, line in script.used.items():
            if name not in script.declared and name not in self._shared and not is_predefined(name):
                yield _make_fault(script, line, UNDEFINED, f"{name} is not defined")

    def _check_package(self, script: Script, item: Import) -> Iterator[Fault]:
        match = _PACKAGE.match(item.source)
        if self._manifest is None or self._has_aliases or not match or item.is_guarded:
            return
        package = match[1]
        if package not in self._packages and package not in BUILT_IN_MODULES:
            message = f"{package}, which {script.path} imports in line {item.line}, is not declared"
            yield Fault(self._manifest, 1, UNDECLARED, Severity.ERROR, message)

    def _resolve(self, path: str, source: str) -> str | None:
        base = posixpath.normpath(posixpath.join(posixpath.dirname(path), source))
        bare = re.sub(r"\.[mc]?jsx?$", "", base)
        names = [f"{base}{ending}" for ending in _ENDINGS] + [f"{bare}{ending}" for ending in _ENDINGS if ending]
        names += [posixpath.join(base, f"index{ending}") for ending in _ENDINGS if ending]
        names.append(posixpath.join(base, "package.json"))
        return next((name for name in map(posixpath.normpath, names) if name in self._paths), None)

    def _lacks(self, path: str, name: str, *, by_require: bool) -> bool:
        names = self._find_exports(path, by_require=by_require, visited=frozenset())
        return names is not None and name not in names

    def _find_exports(self, path: str, *, by_require: bool, visited: frozenset[str]) -> set[str] | None:
        """Return the names that a file exports; None if they are not known."""
        script = self._scripts.get(path)
        if script is None or not script.exports_known or path in visited:
            return None
        if script.is_module == by_require or not (script.exports or script.passed_on):
            return None
        names = set(script.exports)
        for source in script.passed_on:
            target = self._resolve(path, source)
            reexported = self._find_exports(target, by_require=by_require, visited=visited | {path}) if target else None
            if reexported is None:
                return None
            names |= reexported - {DEFAULT}
        return names


def _read_packages(text: str) -> Iterator[str]:
    try:
        document = json.loads(text)
    except ValueError:
        return
    if isinstance(document, dict):
        yield str(document.get("name", ""))
        for kind in _DEPENDENCIES:
            dependencies = document.get(kind)
            yield from dependencies if isinstance(dependencies, dict) else ()


def _is_ignored(file: SourceFile) -> bool:
    """Return whether a file is minified, third-party, or declares only types."""
    return bool(_MINIFIED.search(file.path)) or any(len(line) > _LONGEST_LINE for line in file.text.split("\n"))


def _make_fault(script: Script, line: int, rule: str, message: str) -> Fault:
    return Fault(script.path, line, rule, Severity.ERROR, message)
