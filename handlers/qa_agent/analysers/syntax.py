"""Whether a file parses at all: one parser for each language, loaded when a file needs it."""

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import ClassVar, Final, NamedTuple

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity

MOST: Final = 5
"""Faults reported of one file: what follows the first ones is seldom a fault of its own."""

SYNTAX: Final = "syntax"
DOUBT: Final = "syntax-doubt"


class Place(NamedTuple):
    """Where a parser lost its way, and why; in doubt means that the file may well be right."""

    line: int
    message: str
    in_doubt: bool = False


Parse = Callable[[str], Iterable[Place]]

# Where each language's parser lives: a module of this package and a function there. Imported on first use.
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


class Syntax:
    """Parses each file; what does not parse is an error, what the parser may not know is a warning."""

    name: ClassVar[str] = "syntax"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        """Return whether there is a parser for its language; zsh, which counts as bash, is another one."""
        is_zsh = file.path.endswith(".zsh") or (file.text.startswith("#!") and "zsh" in file.text.split("\n", 1)[0])
        return file.language in LANGUAGES and not is_zsh

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return the first places at which each file does not parse."""
        return [fault for file in files for fault in _find_faults(file)]


def _find_faults(file: SourceFile) -> list[Fault]:
    module, _, function = _PARSERS[file.language].partition(":")
    parse: Parse = getattr(import_module(f"qa_agent.analysers.{module}"), function)
    places = [*parse(file.text.removeprefix("\ufeff"))][:MOST]
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
