"""The log files of processes, as somebody else reads them who has to say why one ended."""

from pathlib import Path


def last_line(log: Path) -> str:
    """Return the last line of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "nothing was logged"
