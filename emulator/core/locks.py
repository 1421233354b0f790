"""Locks on folders. The operating system releases them when their process ends, so none is left behind."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_shared_lock(folder: Path) -> Iterator[None]:
    """Take a shared lock on a folder during the block, so that nobody removes it."""
    with _lock(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def hold_exclusive_lock(folder: Path) -> Iterator[None]:
    """Take an exclusive lock on a folder during the block; wait until it is free."""
    with _lock(folder, fcntl.LOCK_EX):
        yield


def is_held(folder: Path) -> bool:
    """Return whether the folder is locked, shared or exclusively."""
    try:
        with _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


@contextmanager
def _lock(folder: Path, operation: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)
