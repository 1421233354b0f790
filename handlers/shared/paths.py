"""The one place that accepts or refuses a path that a model, a message or an archive names."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_PATH_BYTES: Final = 255
MAX_SEGMENTS: Final = 12
MAX_FILES: Final = 200
MAX_FILE_BYTES: Final = 512 * 1024
MAX_TOTAL_BYTES: Final = 8 * 1024 * 1024

_DRIVE = re.compile(r"^[A-Za-z]:")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_FORBIDDEN = frozenset('\\:*?"<>|')


class UnsafePath(ValueError):
    """The path is refused; the message says why."""


def safe_path(path: str) -> str:
    """Return `path` if it may be written below a project's root on any system, else raise `UnsafePath`.

    It must be relative, in NFC, of at most 255 bytes and 12 segments, without `..`, `~`, drive letters,
    backslashes, control or format characters, or names that Windows reserves.
    """
    reason = _fault(path)
    if reason:
        raise UnsafePath(f"path {_shown(path)} {reason}")
    return path


def check_paths(paths: Iterable[str]) -> None:
    """Raise `UnsafePath` unless each path is safe and no two name the same file on a case-blind system,
    nor one a file where another needs a folder."""
    seen: dict[str, str] = {}
    for path in paths:
        folded = safe_path(path).casefold()
        if folded in seen:
            raise UnsafePath(f"path {_shown(path)} is named twice (also as {_shown(seen[folded])})")
        seen[folded] = path
    if len(seen) > MAX_FILES:
        raise UnsafePath(f"{len(seen)} files are more than the {MAX_FILES} that a project may have")
    for folded, path in seen.items():
        parents = folded.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            if (parent := "/".join(parents[:depth])) in seen:
                raise UnsafePath(f"path {_shown(path)} needs a folder where {_shown(seen[parent])} is a file")


def _fault(path: str) -> str | None:
    if not path or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        return f"is empty or longer than {MAX_PATH_BYTES} bytes"
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in path):
        return "has a control, format or unassigned character"
    if unicodedata.normalize("NFC", path) != path:
        return "is not in Unicode normal form C"
    if _FORBIDDEN.intersection(path) or _DRIVE.match(path):
        return 'has a drive letter or one of \\ : * ? " < > |'
    if path.startswith("/"):
        return "is absolute"
    segments = path.split("/")
    if len(segments) > MAX_SEGMENTS:
        return f"has more than {MAX_SEGMENTS} segments"
    return next(filter(None, map(_segment_fault, segments)), None)


def _segment_fault(segment: str) -> str | None:
    if segment in {"", ".", ".."}:
        return "has an empty, . or .. segment"
    if segment.startswith("~"):
        return "has a segment that begins with ~"
    if segment != segment.strip() or segment.endswith("."):
        return "has a segment with a space at an end or a dot at its end"
    if _RESERVED.match(segment):
        return "has a name that Windows reserves"
    if segment.casefold() == ".git":
        return "is inside .git"
    return None


def _shown(path: str) -> str:
    return ascii(path if len(path) <= 80 else path[:77] + "...")
