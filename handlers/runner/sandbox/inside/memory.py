"""How much memory the processes of a sandbox use together."""

import os
from contextlib import suppress
from typing import Final

from runner.sandbox.inside.limits import Limits

SCARCE: Final = 0.1
"""The share of the machine's memory below which a run is ended, whoever uses it."""

SOCKET: Final = 256 * 1024
"""What a socket counts as, in bytes: its buffers, which belong to no process, hold 208 KiB and a message more."""

_INIT: Final = "1"


class Memory:
    """Watches the memory of a sandbox from within; `machine` gives that of the machine."""

    def __init__(self, limits: Limits, machine: "Machine") -> None:
        self._limit = limits.memory_bytes
        self._machine = machine
        self._floor = min(machine.total() * SCARCE, machine.available() / 2)
        self._shared_before = machine.shared()

    def exceeded(self) -> str:
        """Return what is used up: "memory" for the run's, "machine" for the machine's; else nothing."""
        if self._machine.available() < self._floor:
            return "machine"
        left = self._limit - _sockets() * SOCKET
        if sum(map(_resident, _processes())) > left and sum(map(_share, _processes())) > left:
            return "memory"
        hidden = self._machine.shared() - self._shared_before > self._limit and any(map(_shares, _processes()))
        return "memory" if hidden else ""


class Machine:
    """The memory of the machine, in bytes, from a file such as /proc/meminfo, which may later be out of sight."""

    def __init__(self, file: str = "/proc/meminfo") -> None:
        self._file = os.open(file, os.O_RDONLY)

    def total(self) -> int:
        """Return all memory of the machine."""
        return self._figure("MemTotal:")

    def available(self) -> int:
        """Return the memory that programs can still get."""
        return self._figure("MemAvailable:")

    def shared(self) -> int:
        """Return the memory that is shared, or in a file system in memory."""
        return self._figure("Shmem:")

    def _figure(self, name: str) -> int:
        return _kilobytes(os.pread(self._file, 4096, 0).decode().split(name)[1])


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdecimal() and name != _INIT]


def _resident(process: str) -> int:
    """The bytes that a process has in memory, with its page tables; what it shares with others is counted for each."""
    return _fields(process, "status", "VmRSS:", "VmPTE:")


def _share(process: str) -> int:
    """Return the bytes that a process has in memory, with its share of what it shares: slower to find out."""
    return _fields(process, "smaps_rollup", "Pss:") + _fields(process, "status", "VmPTE:")


def _shares(process: str) -> bool:
    """Whether a process has memory that it can share with what it forks.

    Such memory stays in use when it is no longer in the process's page tables, and so in none of its figures.
    """
    with suppress(OSError), open(f"/proc/{process}/maps", encoding="utf-8", errors="replace") as file:
        return any(line.endswith("/dev/zero (deleted)\n") for line in file)
    return False


def _sockets() -> int:
    """Return how many sockets there are in this network namespace."""
    with suppress(OSError), open("/proc/self/net/sockstat", encoding="ascii") as file:
        return int(file.readline().split()[2])
    return 0


def _fields(process: str, file: str, *names: str) -> int:
    """Return the sum of some fields of a file of a process, which are in kB; 0 if it has ended."""
    with suppress(OSError), open(f"/proc/{process}/{file}", encoding="utf-8", errors="replace") as lines:
        return sum(_kilobytes(line.split(":")[1]) for line in lines if line.startswith(names))
    return 0


def _kilobytes(text: str) -> int:
    return int(text.split()[0]) * 1024
