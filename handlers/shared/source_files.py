"""What a generated file is, by its path and first line: language and media type."""

import mimetypes
from pathlib import PurePosixPath
from typing import Final

TEXT: Final = "text"

_LANGUAGES: Final = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript",
    ".jsx": "javascript", ".ts": "typescript", ".tsx": "typescript", ".html": "html", ".htm": "html", ".css": "css",
    ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".sh": "bash", ".bash": "bash", ".sql": "sql",
    ".go": "go", ".java": "java", ".rs": "rust", ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp",
    ".md": "markdown", ".txt": TEXT, ".rb": "ruby", ".kt": "kotlin", ".cs": "csharp", ".php": "php", ".xml": "xml",
    ".ini": "ini", ".cfg": "ini",
}  # fmt: skip

_NAMES: Final = {"dockerfile": "dockerfile", "makefile": "make", "go.mod": "go-module", "requirements.txt": TEXT}

_INTERPRETERS: Final = {"python": "python", "node": "javascript", "bash": "bash", "sh": "bash", "ruby": "ruby"}


def language_of(path: str, content: str = "") -> str:
    """The language of a file: by name, by extension, by the interpreter of a script; "text" if none tells."""
    name = PurePosixPath(path).name.lower()
    known = _NAMES.get(name) or _LANGUAGES.get(PurePosixPath(name).suffix)
    return known or _interpreted(content) or TEXT


def _interpreted(content: str) -> str | None:
    first = content.split("\n", 1)[0]
    if not first.startswith("#!"):
        return None
    command = first[2:].split()
    program = PurePosixPath(command[0]).name if command else ""
    if program == "env" and len(command) > 1:
        program = command[1]
    return _INTERPRETERS.get(program.rstrip("0123456789."))


def content_type_of(path: str) -> str:
    """The media type under which a file is stored; text unless its extension says otherwise."""
    guessed, _ = mimetypes.guess_type(path)
    return guessed or "text/plain; charset=utf-8"


def is_test(path: str) -> bool:
    """Whether a file holds tests, by the conventions of its language."""
    pure = PurePosixPath(path.lower())
    stem = pure.name.split(".")[0]
    named = (
        stem.startswith("test_") or stem.endswith(("_test", "_tests")) or ".test." in pure.name or ".spec." in pure.name
    )
    return named or bool({"test", "tests", "__tests__", "spec"}.intersection(pure.parts[:-1]))
