"""How much memory the processes of a sandbox use together."""

import os
from contextlib import suppress
from typing import Final

from agenticai.sandbox.limits import Limits

SCARCE: Final = 0.1
"""The share of the machine's memory below which a run is ended, whoever uses it."""

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_INIT: Final = "1"


class Memory:
    """Watches the memory of a sandbox from within; made while the machine's own /proc can be seen."""

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.memory_bytes
        self._machine = os.open("/proc/meminfo", os.O_RDONLY)
        total, available = self._figures()
        self._floor = min(total * SCARCE, available / 2)

    def exceeded(self) -> str:
        """Return what is used up: "memory" for the run's, "machine" for the machine's; else nothing."""
        if sum(map(_resident, _processes())) > self._limit and sum(map(_share, _processes())) > self._limit:
            return "memory"
        return "machine" if self._figures()[1] < self._floor else ""

    def _figures(self) -> tuple[int, int]:
        """The bytes of the machine, and how many of them are available."""
        lines = dict(line.split(":", 1) for line in os.pread(self._machine, 4096, 0).decode().splitlines()[:3])
        return _kilobytes(lines["MemTotal"]), _kilobytes(lines["MemAvailable"])


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdecimal() and name != _INIT]


def _resident(process: str) -> int:
    """The bytes that a process has in memory; what it shares with others is counted for each."""
    with suppress(OSError), open(f"/proc/{process}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * _PAGE
    return 0


def _share(process: str) -> int:
    """The bytes that a process has in memory, with its share of what it shares: slower to find out."""
    with suppress(OSError), open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
        return sum(_kilobytes(line[4:]) for line in file if line.startswith("Pss:"))
    return 0


def _kilobytes(text: str) -> int:
    return int(text.split()[0]) * 1024
