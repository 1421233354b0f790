"""The resource limits of a run."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits of one run. Memory applies to all processes together, and so to each of them."""

    wall_seconds: float = 120
    cpu_seconds: int = 60
    """CPU time per process."""
    memory_bytes: int = 1024 * MIB
    processes: int = 256
    """Processes and threads: Node.js starts about eleven threads per process."""
    open_files: int = 256
    file_bytes: int = 32 * MIB
    disk_bytes: int = 64 * MIB
    disk_files: int = 8192
    output_bytes: int = 64 * 1024
    """How much output is kept; the rest is counted."""
    report_bytes: int = 4 * MIB
