"""Standard streams that never fail for what is written to them: what an encoding lacks is written in ASCII."""

import codecs
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import Final

_ASCII: Final[Mapping[str, str]] = {
    "✓": "+",
    "✗": "x",
    "→": "->",
    "…": "...",
    "–": "-",  # noqa: RUF001 - a dash, and what stands for it
    "—": "-",
    "━": "-",
    "╸": "-",
    "╺": "-",
}
_NAME: Final = "agenticai-ascii"


def in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks: marks by marks of ASCII, others by escapes such as \\xe9.

    It is an error handler for codecs (docs.python.org/3/library/codecs.html#error-handlers).
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_ASCII.get(c) or c.encode("unicode_escape").decode() for c in lacking), error.end


def prepare_streams() -> None:
    """Have standard output and error take any text, and open those that the caller has closed."""
    codecs.register_error(_NAME, in_ascii)
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def flush_streams() -> None:
    """Write what is still to be written; whoever has stopped reading, as `head` does, misses nothing."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _nowhere(mode: str) -> TextIOWrapper:
    stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    assert isinstance(stream, TextIOWrapper)  # noqa: S101 - for the type checker
    return stream
