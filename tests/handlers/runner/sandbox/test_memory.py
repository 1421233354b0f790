"""A run ends if its processes together use too much memory, or if the machine has little left, whoever uses it."""

import sys
from pathlib import Path

import pytest

from runner.sandbox.inside.limits import Limits
from runner.sandbox.inside.memory import Machine, Memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

MUCH = Limits(memory_bytes=2**60)


def meminfo(available: int) -> str:
    return (
        f"MemTotal:  {1000:>8} kB\nMemFree:  {5:>8} kB\nMemAvailable:  {available:>8} kB\nBuffers: 1 kB\nShmem: 7 kB\n"
    )


@pytest.mark.parametrize(
    ("before", "now", "exceeded"), [(900, 101, ""), (900, 99, "machine"), (60, 31, ""), (60, 29, "machine")]
)
def test_the_machine_keeps_a_tenth_or_half_of_what_it_had(before: int, now: int, exceeded: str, tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text(meminfo(before))
    memory = Memory(MUCH, Machine(str(file)))
    file.write_text(meminfo(now))
    assert memory.find_exceeded() == exceeded


def test_what_all_processes_use_is_held_against_the_limit() -> None:
    machine = Machine()
    assert 0 < machine.read_available() < machine.read_total()
    assert Memory(Limits(memory_bytes=0), machine).find_exceeded() == "memory"
