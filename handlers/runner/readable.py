"""Prepares files and folders to be read in a sandbox, once for each."""

import compileall
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import cache


@cache
def open_to_all(path: str) -> None:
    """Allow other users to read a file, or a folder's whole content: root's sandbox runs code as nobody.

    The folders above still restrict who can reach it; they are not changed.
    """
    for entry in _walk_below(path) if os.geteuid() == 0 else ():
        mode = os.stat(entry).st_mode
        new_mode = mode | (0o555 if stat.S_ISDIR(mode) or mode & stat.S_IXUSR else 0o444)
        if new_mode != mode:
            with suppress(OSError):  # read-only, as on Lambda, where everyone may read it
                os.chmod(entry, new_mode)


@cache
def compile_ahead(path: str) -> None:
    """Write a package's bytecode beside it, if possible: inside the sandbox it is read-only."""
    if os.access(path, os.W_OK):
        compileall.compile_dir(path, quiet=2) if os.path.isdir(path) else compileall.compile_file(path, quiet=2)


def _walk_below(path: str) -> Iterator[str]:
    yield path
    for folder, folders, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in (*folders, *names))
