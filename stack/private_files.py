"""Files and folders that only their owner can read, regardless of the umask."""

import os
from pathlib import Path


def make_private(folder: Path) -> Path:
    """Create a folder and its missing parents, accessible only to their owner; return it.

    An existing folder keeps its mode.
    """
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def open_for_owner(path: str, flags: int) -> int:
    """Open a file so that a new one is accessible only to its owner; to be used as `opener` of `open`."""
    return os.open(path, flags, 0o600)


def write_private(path: Path, text: str) -> None:
    """Write text to a file that only its owner can access."""
    with open(path, "w", encoding="utf-8", opener=open_for_owner) as file:
        file.write(text)


def revoke_other_users(folder: Path) -> None:
    """Remove all other users' access to a folder and everything in it."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
