"""How much a run may use."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits of one run. Memory is that of all processes together, and also the most that one may have."""

    wall_seconds: float = 120
    cpu_seconds: int = 60
    """Processor time of one process."""
    memory_bytes: int = 1024 * MIB
    processes: int = 256
    """Processes and threads: Node starts about eleven threads a process."""
    open_files: int = 256
    file_bytes: int = 32 * MIB
    disk_bytes: int = 64 * MIB
    disk_files: int = 8192
    output_bytes: int = 64 * 1024
    """How much of what is printed is kept; the rest is counted."""
    report_bytes: int = 4 * MIB
