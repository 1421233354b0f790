"""Detects a project's type from its files alone."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from ops_agent.applications import Entry, find_entry, needs_build
from ops_agent.functions import Function, list_functions
from shared.models.runs import Language
from shared.source_files import detect_language, is_test


class ProjectType(StrEnum):
    """How a project is deployed."""

    PYTHON_LAMBDA = "python-lambda"
    NODE_LAMBDA = "node-lambda"
    MIXED_LAMBDA = "mixed-lambda"
    STATIC_SITE = "static-site"
    PACKAGE = "package"


@dataclass(frozen=True)
class DetectedType:
    """A project's type, with its Lambda functions or its site's folder.

    `entry` turns a web application into a handler; `built` tells whether a site must be built first.
    """

    type: ProjectType
    functions: tuple[Function, ...] = ()
    site: str = "."
    entry: Entry | None = None
    built: bool = False

    def list_functions(self, language: Language) -> tuple[Function, ...]:
        """Return the functions in a language."""
        return tuple(function for function in self.functions if function.language == language)


# `handler` may be any function unless its first parameter is the event; `lambda_handler` is always Lambda's.
_PYTHON_HANDLER: Final = re.compile(
    r"^def\s+(?:(lambda_handler)\s*\(|(handler)\s*\(\s*_*(?:event|evt|request|payload|e)\b[^()]*,)"
    r"|^(lambda_handler)\s*=|^(handler)\s*=\s*Mangum\(",
    re.MULTILINE,
)
_NODE_HANDLER: Final = re.compile(
    r"^\s*(?:export\s+(?:const|let|var|async\s+function|function)\s+|(?:module\.)?exports\.)(handler|lambdaHandler)\b"
    r"|^\s*(?:export\s*|module\.exports\s*=\s*)\{[^{}]*?\b(handler|lambdaHandler)\b(?!\s+as\b)",
    re.MULTILINE,
)
_MODULE: Final = re.compile(r"[\w./-]+")
"""A path that Lambda and YAML accept in a handler without quoting."""
_SITE_FOLDERS: Final = ("public", "site", "web", "www", "src", "dist")
_PROGRAMS: Final = frozenset(
    {"python", "javascript", "typescript", "go", "java", "rust", "c", "cpp", "csharp", "ruby", "php", "kotlin"}
)


def detect(files: Mapping[str, str]) -> DetectedType:
    """Return the type of a project with these files (text by path).

    Lambda handlers take precedence, then a web application with an adapter, then an index.html.
    """
    if handlers := _find_handlers(files):
        return DetectedType(_choose_type({language for _, language in handlers}), list_functions(handlers))
    if entry := find_entry(files):
        functions = list_functions([(entry.handler, entry.language)])
        return DetectedType(_choose_type({entry.language}), functions, entry=entry)
    if needs_build(files):
        return DetectedType(ProjectType.PACKAGE, built=True)
    site = _find_site_folder(files)
    return DetectedType(ProjectType.STATIC_SITE, site=site) if site else DetectedType(ProjectType.PACKAGE)


def _choose_type(languages: Collection[Language]) -> ProjectType:
    if len(languages) > 1:
        return ProjectType.MIXED_LAMBDA
    return ProjectType.PYTHON_LAMBDA if "python" in languages else ProjectType.NODE_LAMBDA


def _find_handlers(files: Mapping[str, str]) -> Sequence[tuple[str, Language]]:
    """Return the handlers in both languages; if there are Python ones, ignore JavaScript below a page's folder."""
    python = [*_list_handlers(files, "python", _PYTHON_HANDLER)]
    node = _list_handlers(files, "javascript", _NODE_HANDLER)
    pages = {PurePosixPath(path).parent for path in files if python and PurePosixPath(path).name == "index.html"}
    found: list[tuple[str, Language]] = [(handler, "python") for handler in python]
    found += [(handler, "node") for handler in node if pages.isdisjoint(PurePosixPath(handler).parents)]
    return found


def _list_handlers(files: Mapping[str, str], language: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield a language's handlers in Lambda's notation (path/to/module.function), nearest to the root first."""
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        if detect_language(path, files[path]) == language and not is_test(path) and _MODULE.fullmatch(path):
            match = pattern.search(files[path])
            if match:
                name = next(filter(None, match.groups()))
                yield f"{PurePosixPath(path).with_suffix('')}.{name}"


def _find_site_folder(files: Mapping[str, str]) -> str | None:
    """Return the folder of a site: the root, or one that contains all of the project's programs."""
    if "index.html" in files:
        return "."
    programs = [path for path in files if detect_language(path, files[path]) in _PROGRAMS and not is_test(path)]
    for folder in _SITE_FOLDERS:
        if f"{folder}/index.html" in files and all(path.startswith(f"{folder}/") for path in programs):
            return folder
    return None
