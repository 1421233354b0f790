"""Whether a fenced block can be a file: its info string's language against the path's."""

from typing import Final

from dev_agent.naming import comment_opener, looks_like_a_path, words_in
from shared.source_files import TEXT, language_named, language_of

# Languages whose names are used for each other's files.
_KIN: Final = {
    "typescript": "javascript", "vue": "html", "svelte": "html", "xml": "html", "cpp": "c",
    "scss": "css", "less": "css",
}  # fmt: skip

_C_LIKE: Final = frozenset({"/*", "//"})
_HASH: Final = frozenset({"#"})
_COMMENTS: Final = {
    "json": frozenset[str](), "css": frozenset({"/*"}), "html": frozenset({"<!--"}), "xml": frozenset({"<!--"}),
    "vue": frozenset({"<!--"}), "sql": frozenset({"--", "/*"}), "python": frozenset({"#", '"""', "'''"}),
    "bash": _HASH, "yaml": _HASH, "toml": _HASH, "ruby": _HASH, "make": _HASH, "dockerfile": _HASH,
    "javascript": _C_LIKE, "typescript": _C_LIKE, "go": _C_LIKE, "java": _C_LIKE, "rust": _C_LIKE, "c": _C_LIKE,
    "cpp": _C_LIKE, "csharp": _C_LIKE, "kotlin": _C_LIKE, "swift": _C_LIKE, "scala": _C_LIKE, "dart": _C_LIKE,
}  # fmt: skip


def language_in(info: str) -> str | None:
    """The language that a fence's info string names, itself or by a path; None if it names none that is known."""
    words = words_in(info)
    if not words:
        return None
    first = words[0].lstrip(".")
    return language_named(first) or (language_of(first) if looks_like_a_path(first) else None)


def contradicts(info: str, path: str) -> bool:
    """Whether a block with this info string must be something else than the file, such as commands that run it."""
    named, own = language_in(info), language_of(path)
    if named == "diff":
        return own != "diff"
    return named not in {None, TEXT} and own != TEXT and _kin(named) != _kin(own)


def agrees(info: str, path: str) -> bool:
    """Whether the info string names the language of the file."""
    named, own = language_in(info), language_of(path)
    return named is not None and named != TEXT and _kin(named) == _kin(own)


def may_stand_in(path: str, line: str) -> bool:
    """Whether the line is a comment that the file's language has, or one of a language that is not known here."""
    opener, own = comment_opener(line), language_of(path)
    return bool(opener) and opener in _COMMENTS.get(own, {opener})


def _kin(language: str | None) -> str | None:
    return _KIN.get(language or "", language)
