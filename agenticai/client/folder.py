"""The folder that a download replaces as a whole: checked before any work begins, and named if a write fails."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agenticai.client.errors import FolderError

MARKER: Final = ".agenticai.json"
"""The file that lists a folder's downloaded files with their SHA-256; while unchanged, these may be replaced."""

_COMPILED: Final = "__pycache__"
"""What Python leaves next to code that was run; it may be replaced, too."""


def check_folder(folder: Path) -> None:
    """Raise `FolderError` if a folder cannot be made or replaced, without making or changing it."""
    if os.path.islink(folder):  # unlike a Path, it accepts a name that is too long
        raise FolderError(f"{folder} is a link, which is not followed: remove it, or name another folder with --out.")
    check_creatable(folder)
    if os.path.lexists(folder):
        _check_writable(folder.parent)
        _check_contents(folder)


def check_creatable(folder: Path) -> None:
    """Raise `FolderError` if a folder is not writable and cannot be created, without creating or changing it."""
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not nearest.is_dir():
        raise FolderError(f"{nearest} is not a folder: name one with --out that exists or can be created.")
    _check_writable(nearest)


def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderError(f"You may not write to {folder}: name another folder with --out.")


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Yield a new, empty folder, which replaces `folder` with all its contents when the block ends without an error.

    This way no link in the old folder is followed, and none of its files stays. Raises `FolderError` as `check_folder`
    does.
    """
    with convert_write_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        private = Path(tempfile.mkdtemp(prefix=".agenticai-", dir=folder.parent))
    try:
        new = private / "new"
        new.mkdir()
        yield new
        _write_marker(new)
        check_folder(folder)
        _swap(new, folder, private / "old")
    finally:
        shutil.rmtree(private, ignore_errors=True)


@contextmanager
def convert_write_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block into a `FolderError` that names the file, by default `path`."""
    try:
        yield
    except OSError as error:
        raise FolderError(f"{error.filename or path} could not be written: {error.strerror}.") from error


def _swap(new: Path, folder: Path, old: Path) -> None:
    with convert_write_errors(folder):
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise


def _write_marker(folder: Path) -> None:
    digests = {path.relative_to(folder).as_posix(): _digest(path) for path in _list_contents(folder)}
    with convert_write_errors(folder / MARKER):
        (folder / MARKER).write_text(json.dumps({"files": digests}, indent=2), encoding="utf-8")


def _check_contents(folder: Path) -> None:
    """Raise `FolderError` if the folder contains anything that was not downloaded to it, or was changed since."""
    downloaded = _read_marker(folder / MARKER)
    for path in _list_contents(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file():
            fault = "is not a file"
        elif name not in downloaded:
            fault = "was not downloaded"
        elif _digest(path) != downloaded[name]:
            fault = "was changed since it was downloaded"
        else:
            continue
        raise FolderError(f"{path} {fault}, and would be lost: move {folder} away, or name another folder with --out.")


def _read_marker(marker: Path) -> Mapping[str, str]:
    """Return the digests of the downloaded files by path; empty if there is no valid marker."""
    if marker.is_symlink() or not marker.is_file():
        return {}
    try:
        files = json.loads(marker.read_bytes())["files"]
    except (ValueError, TypeError, KeyError):
        return {}
    return files if isinstance(files, dict) else {}


def _list_contents(folder: Path) -> Iterator[Path]:
    """Yield the files and links below a folder, without the marker and Python's compiled files."""
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        if _COMPILED in folders and _COMPILED not in links:
            folders.remove(_COMPILED)
        yield from (Path(parent, name) for name in sorted((*files, *links)) if Path(parent, name) != folder / MARKER)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
