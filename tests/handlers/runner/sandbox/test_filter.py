"""The system call filter works on every architecture, interpreted here as the kernel would."""

import errno
import re
import struct
from pathlib import Path

import pytest

from runner.sandbox.inside.filter import make_seccomp_filter
from runner.sandbox.inside.kernel import ARCHITECTURES, Architecture

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
    "riscv64": Path("/usr/include/asm-generic/unistd.h"),
}
AUDIT = {"x86_64": 62 | 0xC0000000, "aarch64": 183 | 0xC0000000, "riscv64": 243 | 0xC0000000}
"""The machine's number in ELF with the flags for 64 bits and little-endian: linux/audit.h."""

ALLOWED, KILLED = "allowed", "killed"
REFUSED_BY_NAME = (
    *("add_key", "request_key", "keyctl", "memfd_create", "shmget", "msgget", "semget", "ptrace", "process_vm_readv"),
    *("process_vm_writev", "unshare", "setns", "inotify_add_watch", "fanotify_init", "bpf", "perf_event_open"),
    *("userfaultfd", "syslog"),
)
SOL_SOCKET, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE = 1, 7, 8, 9

machines = pytest.mark.parametrize("machine", ARCHITECTURES.values(), ids=ARCHITECTURES)


def decide(machine: Architecture, number: int, *arguments: int, audit: int | None = None) -> str | int:
    """Return the result of a system call: the error with which it is refused, or 0 if it has no effect."""
    program = make_seccomp_filter(machine)
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    call = struct.pack("=IIQ6Q", number, audit or machine.audit, 0, *arguments, *[0] * (6 - len(arguments)))
    loaded, at = 0, 0
    while True:
        code, skip_if, skip_unless, value = steps[at]
        at += 1
        if code == 0x06:
            return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}.get(value) or value - 0x50000
        if code == 0x20:
            (loaded,) = struct.unpack_from("=I", call, value)
        else:
            at += skip_if if (loaded == value if code == 0x15 else loaded >= value) else skip_unless


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_numbers_of_an_architecture_are_the_kernels(name: str) -> None:
    machine = ARCHITECTURES[name]
    assert machine.audit == AUDIT[name]
    if not HEADERS[name].exists():
        pytest.skip("the kernel's headers are not installed")
    text = HEADERS[name].read_text()
    numbers = {call: int(number) for call, number in re.findall(r"#define __NR_(\w+)\s+(\d+)", text)}
    assert machine.calls == {call: numbers[call] for call in machine.calls}


@machines
def test_what_namespaces_do_not_separate_is_refused(machine: Architecture) -> None:
    refused = [machine.calls[name] for name in REFUSED_BY_NAME]
    assert {decide(machine, number) for number in (*refused, 425, 426, 427, 447)} == {errno.EPERM}
    others = set(range(600)) - {*refused, 425, 426, 427, 447, machine.calls["socket"]}
    assert {decide(machine, number) for number in others} == {ALLOWED}


@machines
def test_sockets_are_of_families_that_a_network_of_its_own_separates(machine: Architecture) -> None:
    allowed = {family for family in range(50) if decide(machine, machine.calls["socket"], family) == ALLOWED}
    assert allowed == {1, 2, 10, 16}
    assert decide(machine, machine.calls["socket"], 40) == errno.EAFNOSUPPORT


@machines
def test_only_the_sizes_of_a_sockets_buffers_stay_as_they_are(machine: Architecture) -> None:
    def set_option(level: int, option: int) -> str | int:
        return decide(machine, machine.calls["setsockopt"], 3, level, option)

    assert {set_option(SOL_SOCKET, option) for option in (SO_SNDBUF, SO_RCVBUF)} == {0}
    assert {set_option(SOL_SOCKET, option) for option in (SO_SNDBUF - 1, SO_KEEPALIVE)} == {ALLOWED}
    assert {set_option(6, option) for option in (SO_SNDBUF, SO_RCVBUF)} == {ALLOWED}


@machines
def test_calls_of_another_architecture_kill_and_those_of_x32_are_not_known(machine: Architecture) -> None:
    assert decide(machine, 1, audit=0x40000003) == KILLED
    assert {decide(machine, 0x40000000 + number) for number in (0, 1, 500)} == {errno.ENOSYS}
    assert decide(machine, 0x3FFFFFFF) == ALLOWED
