"""Files and folders that their owner alone can read, whatever the umask."""

import os
from pathlib import Path


def make_private(folder: Path) -> Path:
    """Make a folder, and those above it that are missing, for their owner alone; return it.

    One that is there keeps its mode.
    """
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def owner_only(path: str, flags: int) -> int:
    """Open a file, as `opener` of `open`, so that a new one is its owner's alone."""
    return os.open(path, flags, 0o600)


def write_private(path: Path, text: str) -> None:
    """Write a text to a file that is its owner's alone."""
    with open(path, "w", encoding="utf-8", opener=owner_only) as file:
        file.write(text)


def take_from_others(folder: Path) -> None:
    """Leave a folder, and all that is in it, to the owner alone."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
