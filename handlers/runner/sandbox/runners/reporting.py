"""The report on the tests: lines of JSON on descriptor 3, each with the first line's key.

Its names are bound before tests are imported, so that a test which replaces a module's function does not replace it
here.
"""

import sys
from json import dumps
from os import close, dup, getcwd, getpid, urandom, write
from types import TracebackType

LONGEST_MESSAGE = 4000
MOST_FRAMES = 20


class Report:
    """Writes lines of JSON from this process only, not from one that a test forks."""

    def __init__(self) -> None:
        self.lines = 0
        self._key = urandom(16).hex()
        self._process = getpid()
        self._descriptor = dup(3)  # unlike 3 itself, programs that a test starts do not inherit it
        close(3)

    def say(self, **message: object) -> None:
        """Write a line."""
        if getpid() != self._process:
            return
        line = memoryview(dumps({**message, "key": self._key}).encode() + b"\n")
        while line:
            line = line[write(self._descriptor, line) :]
        self.lines += 1


def shorten(message: str) -> str:
    """Return the end of a long message, which says what went wrong."""
    return message[-LONGEST_MESSAGE:]


class Frames:
    """Finds the project's own lines in a traceback."""

    def __init__(self) -> None:
        self._root = getcwd() + "/"

    def list_frames(self, traceback: TracebackType | None) -> list[tuple[str, int, str]]:
        """Return the path, line and function of each frame in the project, outermost first."""
        frames = []
        while traceback is not None:
            code, line = traceback.tb_frame.f_code, traceback.tb_lineno
            path = code.co_filename.removeprefix("./")
            path = path if not path.startswith("/") else path.removeprefix(self._root)
            if not path.startswith(("/", "<")):
                frames.append((path, line, code.co_name))
            traceback = traceback.tb_next
        return frames[-MOST_FRAMES:]


def forget_this_package() -> None:
    """Prevent later imports from finding this package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == __name__.partition(".")[0]]:
        del sys.modules[name]
