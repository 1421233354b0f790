"""Measures the memory that a sandbox's processes use together."""

import os
from contextlib import suppress
from typing import Final

from runner.sandbox.inside.limits import Limits

SCARCE: Final = 0.1
"""A run is ended if less than this share of the machine's memory is available, whoever uses it."""

SOCKET: Final = 256 * 1024
"""How many bytes a socket counts as: its buffers, which belong to no process, hold 208 KiB and one more message."""

_INIT: Final = "1"


class Memory:
    """Watches a sandbox's memory from the inside; `machine` reads the machine's."""

    def __init__(self, limits: Limits, machine: "Machine") -> None:
        self._limit = limits.memory_bytes
        self._machine = machine
        self._floor = min(machine.read_total() * SCARCE, machine.read_available() / 2)
        self._shared_before = machine.read_shared()

    def find_exceeded(self) -> str:
        """Return which limit is exceeded: "memory" for the run's, "machine" for the machine's; else ""."""
        if self._machine.read_available() < self._floor:
            return "machine"
        limit = self._limit - _count_sockets() * SOCKET
        if (
            sum(map(_measure_resident, _list_processes())) > limit
            and sum(map(_measure_share, _list_processes())) > limit
        ):
            return "memory"
        hidden = self._machine.read_shared() - self._shared_before > self._limit and any(
            map(_can_share, _list_processes())
        )
        return "memory" if hidden else ""


class Machine:
    """The machine's memory in bytes, from a file such as /proc/meminfo, which may become inaccessible later."""

    def __init__(self, file: str = "/proc/meminfo") -> None:
        self._file = os.open(file, os.O_RDONLY)

    def read_total(self) -> int:
        """Return the machine's total memory."""
        return self._read_figure("MemTotal:")

    def read_available(self) -> int:
        """Return the memory that is still available."""
        return self._read_figure("MemAvailable:")

    def read_shared(self) -> int:
        """Return the memory that is shared, or used by file systems in memory."""
        return self._read_figure("Shmem:")

    def _read_figure(self, name: str) -> int:
        return _parse_kilobytes(os.pread(self._file, 4096, 0).decode().split(name)[1])


def _list_processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdecimal() and name != _INIT]


def _measure_resident(process: str) -> int:
    """Return a process's resident bytes and page tables; shared memory counts fully for each process."""
    return _sum_fields(process, "status", "VmRSS:", "VmPTE:")


def _measure_share(process: str) -> int:
    """Return a process's bytes with its share of shared memory; this is slower to measure."""
    return _sum_fields(process, "smaps_rollup", "Pss:") + _sum_fields(process, "status", "VmPTE:")


def _can_share(process: str) -> bool:
    """Return whether a process has memory that it can share with forked processes.

    Such memory stays allocated when it is in no page table any more, and so in none of the process's figures.
    """
    with suppress(OSError), open(f"/proc/{process}/maps", encoding="utf-8", errors="replace") as file:
        return any(line.endswith("/dev/zero (deleted)\n") for line in file)
    return False


def _count_sockets() -> int:
    """Return the number of sockets in this network namespace."""
    with suppress(OSError), open("/proc/self/net/sockstat", encoding="ascii") as file:
        return int(file.readline().split()[2])
    return 0


def _sum_fields(process: str, file: str, *names: str) -> int:
    """Return the sum, in bytes, of fields in kB of a process's /proc file; 0 if the process has ended."""
    with suppress(OSError), open(f"/proc/{process}/{file}", encoding="utf-8", errors="replace") as lines:
        return sum(_parse_kilobytes(line.split(":")[1]) for line in lines if line.startswith(names))
    return 0


def _parse_kilobytes(text: str) -> int:
    return int(text.split()[0]) * 1024
