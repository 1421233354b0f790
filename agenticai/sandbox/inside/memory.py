"""How much memory the processes of a sandbox use together."""

import os
from contextlib import suppress
from typing import Final

from agenticai.sandbox.inside.limits import Limits

SCARCE: Final = 0.1
"""The share of the machine's memory below which a run is ended, whoever uses it."""

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_INIT: Final = "1"


class Memory:
    """Watches the memory of a sandbox from within; `machine` gives that of the machine."""

    def __init__(self, limits: Limits, machine: "Machine") -> None:
        self._limit = limits.memory_bytes
        self._machine = machine
        self._floor = min(machine.total() * SCARCE, machine.available() / 2)

    def exceeded(self) -> str:
        """Return what is used up: "memory" for the run's, "machine" for the machine's; else nothing."""
        if sum(map(_resident, _processes())) > self._limit and sum(map(_share, _processes())) > self._limit:
            return "memory"
        return "machine" if self._machine.available() < self._floor else ""


class Machine:
    """The memory of the machine, in bytes, from a file such as /proc/meminfo, which may later be out of sight."""

    def __init__(self, file: str = "/proc/meminfo") -> None:
        self._file = os.open(file, os.O_RDONLY)

    def total(self) -> int:
        """All of it."""
        return self._figure("MemTotal:")

    def available(self) -> int:
        """What programs could still be given."""
        return self._figure("MemAvailable:")

    def _figure(self, name: str) -> int:
        return _kilobytes(os.pread(self._file, 4096, 0).decode().split(name)[1])


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
