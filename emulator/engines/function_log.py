"""Keeps the output of a function's process, up to a limit per invocation."""

import os
import tempfile
from typing import IO, Final

LOG_BYTES: Final = 1024 * 1024
LOG_LINES: Final = 10_000
"""The maximum number of lines per invocation, which is PutLogEvents' limit per call: see
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html."""


class FunctionLog:
    """A file that the process writes to; output after the first `LOG_BYTES` of an invocation is dropped.

    With a file, unlike a pipe, all output that precedes a reply is available when the reply arrives.
    """

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it stays open with the process
        self._dropped = 0

    def trim(self) -> None:
        """Drop the excess output so far; called at intervals while the process runs."""
        excess = os.fstat(self.file.fileno()).st_size - LOG_BYTES
        if excess > 0:
            self._dropped += excess
            self._truncate(LOG_BYTES)

    def take(self) -> str:
        """Return the output since the last call, with a note if some was dropped."""
        self.trim()
        text = os.pread(self.file.fileno(), LOG_BYTES, 0).decode("utf-8", errors="replace")
        dropped, self._dropped = self._dropped, 0
        self._truncate(0)
        lines = text.splitlines(keepends=True)
        if not dropped and len(lines) <= LOG_LINES:
            return text
        head = "".join(lines[:LOG_LINES]).rstrip("\n")
        return f"{head}\n[The rest was dropped: an invocation may log {LOG_BYTES} bytes and {LOG_LINES} lines.]\n"

    def close(self) -> None:
        """Discard the log."""
        self.file.close()

    def _truncate(self, size: int) -> None:
        """Truncate the file; the process continues at the new end, because it shares the file position."""
        os.ftruncate(self.file.fileno(), size)
        os.lseek(self.file.fileno(), size, os.SEEK_SET)
