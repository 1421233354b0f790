"""The folder that a command writes to: looked at before any work begins, and named when a write fails."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agenticai.client.errors import FolderError


def check_folder(folder: Path) -> None:
    """Raise `FolderError` if it cannot be made or written to; it is neither made nor changed."""
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not nearest.is_dir():
        raise FolderError(f"{nearest} is not a folder: name one with --out that is, or that can be made.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise FolderError(f"You may not write to {nearest}: name another folder with --out.")


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn a write to `path` that fails inside of the block into a `FolderError` that names what is in its way."""
    try:
        yield
    except OSError as error:
        raise FolderError(f"{error.filename or path} could not be written: {error.strerror}.") from error
