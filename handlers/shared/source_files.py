"""Determines the language and media type of a generated file from its path and content."""

import mimetypes
import re
from pathlib import PurePosixPath
from typing import Final

TEXT: Final = "text"

_LANGUAGES: Final = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript",
    ".jsx": "javascript", ".ts": "typescript", ".tsx": "typescript", ".html": "html", ".htm": "html", ".css": "css",
    ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".sh": "bash", ".bash": "bash", ".sql": "sql",
    ".go": "go", ".java": "java", ".rs": "rust", ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp",
    ".md": "markdown", ".txt": TEXT, ".rb": "ruby", ".kt": "kotlin", ".cs": "csharp", ".php": "php", ".xml": "xml",
    ".ini": "ini", ".cfg": "ini", ".markdown": "markdown", ".zsh": "bash", ".cxx": "cpp", ".hh": "cpp", ".hxx": "cpp",
    ".mts": "typescript", ".cts": "typescript", ".scss": "scss", ".less": "less", ".vue": "vue", ".svelte": "svelte",
    ".swift": "swift", ".scala": "scala", ".dart": "dart", ".lua": "lua", ".pl": "perl", ".r": "r", ".ex": "elixir",
    ".exs": "elixir", ".hs": "haskell", ".ps1": "powershell", ".bat": "batch", ".cmd": "batch", ".tf": "terraform",
    ".proto": "protobuf", ".graphql": "graphql", ".svg": "xml", ".mmd": "mermaid", ".diff": "diff", ".patch": "diff",
}  # fmt: skip

_NAMES: Final = {"dockerfile": "dockerfile", "makefile": "make", "go.mod": "go-module", "requirements.txt": TEXT}

_INTERPRETERS: Final = {
    "python": "python", "node": "javascript", "bash": "bash", "sh": "bash", "zsh": "bash", "dash": "bash",
    "ruby": "ruby", "perl": "perl", "php": "php", "lua": "lua", "make": "make",
}  # fmt: skip

_BEGINNINGS: Final = {"<!doctype html": "html", "<html": "html", "<?xml": "xml", "<?php": "php"}

_SPOKEN: Final = {
    "golang": "go", "c++": "cpp", "c#": "csharp", "shell": "bash", "console": "bash", "terminal": "bash",
    "shellsession": "bash", "jsonc": "json", "json5": "json", "docker": "dockerfile", "makefile": "make",
    "plaintext": TEXT, "conf": "ini", "properties": "ini", "hcl": "terraform",
} | _INTERPRETERS | {language: language for language in (*_LANGUAGES.values(), *_NAMES.values())}  # fmt: skip

# Only C++ has these, not C; headers of both are named .h.
_CPP_ONLY: Final = re.compile(
    r"^[ \t]*(?:class \w+ *[:{;]|namespace\b[^;\n]*\{|template *<|(?:public|private): *$)|\bstd::", re.MULTILINE
)


def detect_language(path: str, content: str = "") -> str:
    """Return a file's language: by name, extension, interpreter or first words; "text" if it is not known."""
    name = PurePosixPath(path).name.lower()
    language = _NAMES.get(name) or _LANGUAGES.get(PurePosixPath(name).suffix)
    if language == "c" and name.endswith(".h") and _CPP_ONLY.search(content):
        return "cpp"
    return language or _detect_by_interpreter(content) or _detect_by_beginning(content) or TEXT


def find_language(word: str) -> str | None:
    """Return the language for a word such as "py", "Go" or "c++", as after a fence; None for others."""
    name = word.lower()
    return _SPOKEN.get(name.rstrip("0123456789.")) or _SPOKEN.get(name) or _LANGUAGES.get(f".{name}")


def _detect_by_beginning(content: str) -> str | None:
    first = content[:200].lstrip("\ufeff \t\r\n").lower()
    return next((language for words, language in _BEGINNINGS.items() if first.startswith(words)), None)


def _detect_by_interpreter(content: str) -> str | None:
    first = content[:200].partition("\n")[0]
    if not first.startswith("#!"):
        return None
    command = first[2:].split()
    program = PurePosixPath(command[0]).name if command else ""
    if program == "env":
        program = next((word for word in command[1:] if not word.startswith("-") and "=" not in word), "")
    return _INTERPRETERS.get(program.rstrip("0123456789."))


def find_content_type(path: str) -> str:
    """Return the media type with which a file is stored; text unless its extension says otherwise."""
    guessed, _ = mimetypes.guess_type(path)
    return guessed or "text/plain; charset=utf-8"


def is_test(path: str) -> bool:
    """Return whether a file contains tests, by the conventions of its language."""
    pure = PurePosixPath(path.lower())
    stem = pure.name.split(".")[0]
    has_test_name = (
        stem.startswith("test_") or stem.endswith(("_test", "_tests")) or ".test." in pure.name or ".spec." in pure.name
    )
    return has_test_name or bool({"test", "tests", "__tests__", "spec"}.intersection(pure.parts[:-1]))
