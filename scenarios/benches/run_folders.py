"""The folders of engines' runs: each is locked while it may be written to, so that no other run removes it."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agenticai.emulator.core.home import make_private_folder
from agenticai.emulator.core.locks import hold_exclusive_lock, hold_shared_lock, is_held
from agenticai.emulator.gemini import MISSES
from agenticai.scenarios.format.errors import FolderInUse

KEPT: Final = 5
"""The number of folders of ended runs that are kept; only runs that ended with an error leave one."""

KEPT_WAITING: Final = 20
"""The number of folders of ended runs that are kept because requests there wait for a written reply."""


@contextlib.contextmanager
def run_folder(runs: Path) -> Iterator[Path]:
    """Create a folder for one run below `runs`, and lock it during the block; it is not removed at the end."""
    make_private_folder(runs)
    folder = runs / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"
    folder.mkdir(mode=0o700)
    with hold_shared_lock(folder):
        yield folder


@contextlib.contextmanager
def lock_empty_folder(folder: Path) -> Iterator[Path]:
    """Create or empty a folder, and lock it during the block. Raises `FolderInUse` if another run has locked it."""
    with contextlib.ExitStack() as stack:
        with hold_exclusive_lock(make_private_folder(folder.parent)):
            if is_in_use(folder):
                raise FolderInUse(f"Another run is using {folder}: wait until it has ended.")
            shutil.rmtree(folder, ignore_errors=True)
            make_private_folder(folder)
            stack.enter_context(hold_shared_lock(folder))
        yield folder


def remove_old_runs(runs: Path) -> None:
    """Remove the folders of runs that have ended, except for the newest of each kind."""
    with contextlib.suppress(FileNotFoundError):  # another run has ended meanwhile, and removed its own
        folders = sorted(runs.glob("*/"), key=lambda folder: folder.stat().st_mtime)
        waiting = [folder for folder in folders if any(folder.glob(f"**/{MISSES}"))]
        remove_ended([folder for folder in folders if folder not in waiting], KEPT)
        remove_ended(waiting, KEPT_WAITING)


def remove_ended(folders: Sequence[Path], kept: int) -> None:
    """Remove folders, sorted from the oldest, except for those in use and the last `kept` of the others."""
    ended = [folder for folder in folders if not is_in_use(folder)]
    for old in ended[:-kept]:
        shutil.rmtree(old, ignore_errors=True)


def is_in_use(folder: Path) -> bool:
    """Return whether the folder, or one in it, is locked; an engine locks the folder that it was given."""
    return any(map(is_held, (folder, *folder.glob("*/"))))
