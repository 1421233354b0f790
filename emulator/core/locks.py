"""Locks on folders. The system gives one up when its owner ends, however that ends, so none is left behind."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder for the block, together with whoever holds it too, so that nobody removes it."""
    with _lock(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have a folder alone for the block: wait until nobody else has or holds it."""
    with _lock(folder, fcntl.LOCK_EX):
        yield


def is_held(folder: Path) -> bool:
    """Return whether somebody holds the folder or has it alone."""
    try:
        with _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


@contextmanager
def _lock(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
