"""What a function's process prints, as much of it as is kept of an invocation."""

import os
import tempfile
from typing import IO, Final

LOG_BYTES: Final = 1024 * 1024
LOG_LINES: Final = 10_000
"""What PutLogEvents takes at a time, and so what the log of an invocation has at most: see
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html."""


class FunctionLog:
    """A file that the process writes to; what comes after the first `LOG_BYTES` of an invocation is dropped.

    A file and not a pipe: when the reply is there, everything printed before it is there too.
    """

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lives as long as the process
        self._dropped = 0

    def trim(self) -> None:
        """Drop what is too much so far; called from time to time while the process runs."""
        excess = os.fstat(self.file.fileno()).st_size - LOG_BYTES
        if excess > 0:
            self._dropped += excess
            self._cut(LOG_BYTES)

    def take(self) -> str:
        """Return what was printed since the last time, and whether something of it was dropped."""
        self.trim()
        text = os.pread(self.file.fileno(), LOG_BYTES, 0).decode("utf-8", errors="replace")
        dropped, self._dropped = self._dropped, 0
        self._cut(0)
        lines = text.splitlines(keepends=True)
        if not dropped and len(lines) <= LOG_LINES:
            return text
        kept = "".join(lines[:LOG_LINES]).rstrip("\n")
        return f"{kept}\n[The rest was dropped: an invocation may log {LOG_BYTES} bytes and {LOG_LINES} lines.]\n"

    def close(self) -> None:
        """Drop all of it."""
        self.file.close()

    def _cut(self, size: int) -> None:
        """Shorten the file; the process goes on writing at its new end, because it shares the position."""
        os.ftruncate(self.file.fileno(), size)
        os.lseek(self.file.fileno(), size, os.SEEK_SET)
