"""The memory of a process and its descendants, as Linux reports it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
KB_IN_MB: Final = 1024


@dataclass(frozen=True)
class Memory:
    """The memory in megabytes of an engine's process, and of its functions' processes together, and their number.

    Memory shared by several processes is counted once (the proportional set size).
    """

    engine_mb: float
    functions_mb: float
    functions: int


def measure_memory(engine: int, proc: Path = PROC) -> Memory:
    """Return the memory of the engine with this process id, and of all its descendants.

    Raises OSError if the system has no /proc/PID/smaps_rollup, which only Linux has.
    """
    functions = [
        megabytes for pid in list_descendants(engine, proc) if (megabytes := _measure_mb(proc / str(pid))) is not None
    ]
    return Memory(_read_pss_mb(proc / str(engine)), sum(functions), len(functions))


def list_descendants(pid: int, proc: Path = PROC) -> Iterator[int]:
    """Yield the ids of all descendants of a process."""
    for children in (proc / str(pid) / "task").glob("*/children"):
        for child in map(int, _read_text(children).split()):
            yield child
            yield from list_descendants(child, proc)


def _measure_mb(process: Path) -> float | None:
    """Return the memory of a process, or None if it has ended meanwhile."""
    try:
        return _read_pss_mb(process)
    except (FileNotFoundError, ProcessLookupError):
        return None


def _read_pss_mb(process: Path) -> float:
    rollup = (process / "smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / KB_IN_MB


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # the thread or its process has ended
        return ""
