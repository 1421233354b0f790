"""Checks whether files parse: one parser for each language, imported when a file needs it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import ClassVar, Final, NamedTuple

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity

MOST: Final = 5
"""The maximum number of faults per file: later ones are usually consequences of the first."""

SYNTAX: Final = "syntax"
DOUBT: Final = "syntax-doubt"


class Place(NamedTuple):
    """Where and why a parser stopped; `in_doubt` means that the file may be correct."""

    line: int
    message: str
    in_doubt: bool = False


Parse = Callable[[str], Iterable[Place]]

# The parser of each language: a module of this package and its function, imported on first use.
_PARSERS: Final = {
    "python": "python_source:parse",
    "javascript": "tree_sitter_languages:parse_javascript",
    "typescript": "tree_sitter_languages:parse_typescript",
    "go": "tree_sitter_languages:parse_go",
    "java": "tree_sitter_languages:parse_java",
    "rust": "tree_sitter_languages:parse_rust",
    "c": "tree_sitter_languages:parse_c",
    "cpp": "tree_sitter_languages:parse_cpp",
    "html": "html:parse",
    "css": "css:parse",
    "sql": "sql:parse",
    "bash": "bash:parse",
    "json": "data_formats:parse_json",
    "yaml": "data_formats:parse_yaml",
    "toml": "data_formats:parse_toml",
    "xml": "data_formats:parse_xml",
}

LANGUAGES: Final = frozenset(_PARSERS)

# Configuration files in which JSON may have comments.
_WITH_COMMENTS: Final = re.compile(
    r"(?:^|/)(?:(?:ts|js)config(?:\.[\w.-]+)?\.json|devcontainer\.json|\.eslintrc\.json|api-extractor\.json|turbo\.json"
    r"|\.vscode/[\w.-]+\.json)$"
)
# Formats and interpreters that do not accept a byte order mark.
_WITHOUT_MARK: Final = frozenset({"json", "toml", "bash"})
_MARK: Final = "\ufeff"


class Syntax:
    """Parses each file; syntax errors are errors, and constructs that the parser may not know are warnings."""

    name: ClassVar[str] = "syntax"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        """Return whether there is a parser for its language; zsh counts as bash, but is not parsed."""
        is_zsh = file.path.endswith(".zsh") or (file.text.startswith("#!") and "zsh" in file.text.split("\n", 1)[0])
        return file.language in LANGUAGES and not is_zsh

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return the first syntax faults of each file."""
        return [fault for file in files for fault in _find_faults(file)]


def _find_faults(file: SourceFile) -> list[Fault]:
    with_comments = file.language == "json" and _WITH_COMMENTS.search(file.path)
    parser_path = "data_formats:parse_json_with_comments" if with_comments else _PARSERS[file.language]
    module, _, function = parser_path.partition(":")
    parse: Parse = getattr(import_module(f"qa_agent.analysers.{module}"), function)
    places = [*_check_beginning(file), *parse(file.text.removeprefix(_MARK))][:MOST]
    return [
        Fault(
            file.path,
            max(1, place.line),
            DOUBT if place.in_doubt else SYNTAX,
            Severity.WARNING if place.in_doubt else Severity.ERROR,
            place.message,
        )
        for place in places
    ]


def _check_beginning(file: SourceFile) -> Iterator[Place]:
    """Yield what makes the start of a file mean something else than it shows."""
    if file.text.startswith(f"{_MARK}#!"):
        yield Place(1, "a byte order mark before #! hides it: the system does not find the interpreter")
    elif file.text.startswith(_MARK) and file.language in _WITHOUT_MARK and not _WITH_COMMENTS.search(file.path):
        yield Place(1, f"begins with a byte order mark, which readers of {file.language} do not take")
    first = file.text.removeprefix(_MARK).partition("\n")[0]
    if first.startswith("#!") and first.endswith("\r"):
        yield Place(1, "the line of #! ends with CR LF: the system looks for an interpreter of another name")
