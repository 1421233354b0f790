"""The folders of the engines' runs: each is locked while its engine may live, so that no other run removes it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agenticai.emulator.home import private_folder

KEPT: Final = 5
"""Folders of ended runs that are kept: those that ended with an error, or hold requests that wait for a reply."""

LOCK: Final = "lock"


@contextmanager
def run_folder(runs: Path) -> Iterator[Path]:
    """Make a folder for one run below `runs`, and hold it while the block lasts; it is not removed at its end."""
    private_folder(runs)
    folder = runs / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"
    folder.mkdir(mode=0o700)
    with open(folder / LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def remove_old_runs(runs: Path) -> None:
    """Remove the folders of runs that have ended, but for the newest."""
    ended = sorted(filter(_has_ended, runs.glob("*/")), key=lambda folder: folder.stat().st_mtime)
    for folder in ended[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _has_ended(folder: Path) -> bool:
    """Whether nobody holds the folder's lock; the system gives that up when its owner ends, however it ends."""
    try:
        with open(folder / LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True
