"""Files made ready to be read in a sandbox, once for each file or folder."""

import compileall
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import cache


@cache
def open_to_all(path: str) -> None:
    """Let other users read a file, or a folder with all in it: root's sandbox runs code as nobody.

    Who can reach it is decided by the folders above, which stay as they are.
    """
    for each in _below(path) if os.geteuid() == 0 else ():
        mode = os.stat(each).st_mode
        wanted = mode | (0o555 if stat.S_ISDIR(mode) or mode & stat.S_IXUSR else 0o444)
        if wanted != mode:
            with suppress(OSError):  # read-only, as on Lambda, where all may read it
                os.chmod(each, wanted)


@cache
def compile_ahead(path: str) -> None:
    """Write the bytecode of a package beside it, where that is allowed: inside, nothing can be written there."""
    if os.access(path, os.W_OK):
        compileall.compile_dir(path, quiet=2) if os.path.isdir(path) else compileall.compile_file(path, quiet=2)


def _below(path: str) -> Iterator[str]:
    yield path
    for folder, folders, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in (*folders, *names))
