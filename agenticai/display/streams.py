"""Standard streams that accept any text: characters that the encoding lacks are written in ASCII."""

import codecs
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Final, TextIO

_ASCII: Final[Mapping[str, str]] = {
    "✓": "+",
    "✗": "x",
    "→": "->",
    "…": "...",
    "–": "-",  # noqa: RUF001 - a dash, and its replacement
    "—": "-",
    "━": "-",
    "╸": "-",
    "╺": "-",
}
_NAME: Final = "agenticai-ascii"


def replace_with_ascii(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks: punctuation by ASCII punctuation, others by escapes such as \\xe9.

    This is an error handler for codecs (docs.python.org/3/library/codecs.html#error-handlers).
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unsupported = error.object[error.start : error.end]
    return "".join(_ASCII.get(c) or c.encode("unicode_escape").decode() for c in unsupported), error.end


class OutputLost(OSError):
    """Standard output cannot be written, for example because its disk is full; a closed pipe does not count."""


class _Output(TextIOWrapper):
    """Standard output whose errors can be distinguished from those of other files."""

    def write(self, text: str, /) -> int:
        with _translate_errors():
            return super().write(text)

    def flush(self) -> None:
        with _translate_errors():
            super().flush()


class _Errors(TextIOWrapper):
    """Standard error that drops what cannot be written, as there is nowhere to report it."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error.errno, f"standard output cannot be written: {error.strerror}") from error


def prepare_streams() -> None:
    """Make standard output and error accept any text, and open those that the caller has closed."""
    codecs.register_error(_NAME, replace_with_ascii)
    sys.stdin = sys.stdin or _open_null("r")
    sys.stdout = _wrap_stream(_Output, sys.stdout or _open_null("w"))
    sys.stderr = _wrap_stream(_Errors, sys.stderr or _open_null("w"))


def flush_streams() -> None:
    """Flush the streams; if a reader such as `head` has closed the pipe, the rest is dropped.

    Raises OutputLost. What cannot be written is dropped.
    """
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if isinstance(error, OutputLost):
                raise


def _wrap_stream(stream_class: type[TextIOWrapper], stream: TextIO) -> TextIO:
    """Wrap a stream in `stream_class`, so that it accepts any text; one that is no file is returned unchanged."""
    if not isinstance(stream, TextIOWrapper):
        return stream
    encoding, line_buffering, write_through = stream.encoding, stream.line_buffering, stream.write_through
    return stream_class(stream.detach(), encoding, _NAME, line_buffering=line_buffering, write_through=write_through)


def _open_null(mode: str) -> TextIOWrapper:
    stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 - open for the life of the process
    assert isinstance(stream, TextIOWrapper)  # noqa: S101 - for the type checker
    return stream
