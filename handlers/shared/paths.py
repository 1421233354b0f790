"""Accepts or refuses the paths that a model, a message or an archive names; no other code decides this."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final

MAX_PATH_BYTES: Final = 255
MAX_SEGMENTS: Final = 12
MAX_FILES: Final = 200
MAX_FILE_BYTES: Final = 512 * 1024
MAX_TOTAL_BYTES: Final = 8 * 1024 * 1024

# learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any extension, in upper and lower case.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$) *(\.|$)", re.IGNORECASE)
# A tilde is a home folder and, on Windows, part of the short form of a name (GIT~1 is .git).
_FORBIDDEN: Final = frozenset('\\:*?"<>|~')
# Cc, Cf: controls, zero-width and bidirectional marks. Cs, Co, Cn: not characters. Zl, Zp: line breaks.
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that are invisible: joiners, fillers, vowel carriers and variation selectors.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_LOOK_ALIKES: Final = frozenset("\uff0f\u0337\u0338\u1735\u2044\u2215\u2216\u2571\u2572\u29f5\u29f8\u29f9")


class UnsafePath(ValueError):
    """The path, or the set of files, is refused; the message says why."""


def accept_path(path: str) -> str:
    """Return `path` if it may be written below a project's root on any system. Raises `UnsafePath` if not.

    It must be relative, in NFC, of at most 255 bytes and 12 segments, without `..`, `~`, drive letters, backslashes,
    invisible characters, look-alikes of separators, or names that Windows or git reserves. Its compatibility form, to
    which some systems and tools fold it, must fulfil the same rules.
    """
    reason = _find_write_fault(path) or _find_fault(path) or _find_fault(unicodedata.normalize("NFKC", path))
    if reason:
        raise UnsafePath(f"path {_show(path)} {reason}")
    return path


def accept_paths(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the paths that may be written below one folder, in order, and the reasons for refusing the others.

    Each must be safe. If two name the same file on a system that ignores case or compatibility forms, or if one is a
    file where another needs a folder, only the first is accepted.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    refused = []
    for path in paths:
        try:
            folded = _fold(accept_path(path))
            parents = list(accumulate(folded.split("/")[:-1], "{}/{}".format))
            _check_clashes(path, folded, parents, files, folders)
        except UnsafePath as error:
            refused.append(str(error))
        else:
            files[folded] = path
            folders |= dict.fromkeys(parents, path)
    return list(files.values()), refused


def check_paths(paths: Iterable[str]) -> None:
    """Raise `UnsafePath` unless all paths are accepted together, and there are at most 200."""
    accepted, refused = accept_paths(paths)
    if refused:
        raise UnsafePath(refused[0])
    if len(accepted) > MAX_FILES:
        raise UnsafePath(f"{len(accepted)} files are more than the {MAX_FILES} that a project may have")


def check_files(sizes: Mapping[str, int]) -> None:
    """Raise `UnsafePath` unless the paths pass `check_paths` and the sizes, in bytes by path, are within the limits:
    512 KiB per file, 8 MiB in total."""
    check_paths(sizes)
    for path, size in sizes.items():
        if size > MAX_FILE_BYTES:
            raise UnsafePath(f"path {_show(path)} has {size} bytes, more than the {MAX_FILE_BYTES} of a file")
    total = sum(sizes.values())
    if total > MAX_TOTAL_BYTES:
        raise UnsafePath(f"{total} bytes are more than the {MAX_TOTAL_BYTES} that a project may have")


def _check_clashes(
    path: str, folded: str, parents: Sequence[str], files: Mapping[str, str], folders: Mapping[str, str]
) -> None:
    """Raise `UnsafePath` if this path is already used, or would be both a file and a folder."""
    if folded in files:
        raise UnsafePath(f"path {_show(path)} is named twice (also as {_show(files[folded])})")
    if folded in folders:
        raise UnsafePath(f"path {_show(path)} is a file where {_show(folders[folded])} needs a folder")
    for parent in parents:
        if parent in files:
            raise UnsafePath(f"path {_show(path)} needs a folder where {_show(files[parent])} is a file")


def _find_write_fault(path: str) -> str | None:
    """Return why the path should not be written on any system."""
    if not path or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        return f"is empty or longer than {MAX_PATH_BYTES} bytes"
    if any(unicodedata.category(char) in _UNPRINTABLE for char in path):
        return "has a control, format or unassigned character"
    if _INVISIBLE.search(path):
        return "has a character that is not shown"
    if _LOOK_ALIKES.intersection(path):
        return "has a character that looks like a slash or backslash"
    if unicodedata.normalize("NFC", path) != path:
        return "is not in Unicode normal form C"
    return None


def _find_fault(path: str) -> str | None:
    """Return why the path, or the form to which a system folds it, refers to another place."""
    if _FORBIDDEN.intersection(path):
        return 'has a drive letter or one of \\ : * ? " < > | ~'
    if path.startswith("/"):
        return "is absolute"
    segments = path.split("/")
    if len(segments) > MAX_SEGMENTS:
        return f"has more than {MAX_SEGMENTS} segments"
    return next(filter(None, map(_find_segment_fault, segments)), None)


def _find_segment_fault(segment: str) -> str | None:
    if segment in {"", ".", ".."}:
        return "has an empty, . or .. segment"
    if segment != segment.strip() or segment.endswith("."):
        return "has a segment with a space at an end or a dot at its end"
    if _RESERVED.match(segment):
        return "has a name that Windows reserves"
    if segment.casefold() == ".git":
        return "is inside .git"
    return None


def _fold(path: str) -> str:
    # Upper case first: it unifies letters that case folding keeps apart, such as a dotless i and an i.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).upper().casefold())


def _show(path: str) -> str:
    return ascii(path if len(path) <= 80 else path[:77] + "...")
