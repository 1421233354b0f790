"""Reads the log file of a process, to report why it ended."""

from pathlib import Path


def read_last_line(log: Path) -> str:
    """Return the last line of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "nothing was logged"
