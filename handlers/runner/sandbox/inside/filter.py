"""A seccomp filter for the system calls that code in the sandbox may not make, as namespaces do not isolate them.

See Documentation/userspace-api/seccomp_filter.rst of the kernel, and <linux/filter.h> for the instructions.
"""

import errno
import struct
from collections.abc import Iterator
from typing import Final

from runner.sandbox.inside.kernel import Architecture

DENIED: Final = (
    *("add_key", "request_key", "keyctl"),  # keys belong to a user in all namespaces
    *("memfd_create", "shmget", "msgget", "semget"),  # memory that belongs to no process, and so is not counted
    *("ptrace", "process_vm_readv", "process_vm_writev"),
    *("unshare", "setns"),
    *("inotify_add_watch", "fanotify_init"),  # on system files, which are shared with the machine
    *("bpf", "perf_event_open", "userfaultfd", "syslog"),  # interfaces to the kernel that have often been exploited
)
_DENIED_EVERYWHERE: Final = (425, 426, 427, 447)
"""io_uring, which bypasses this filter, and memfd_secret; their numbers are the same on all architectures."""

FAMILIES: Final = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK are isolated by a network namespace; AF_VSOCK, for one, is not."""

_SOCKET_LEVEL: Final = 1
_BUFFER_SIZES: Final = (7, 8)
"""SO_SNDBUF and SO_RCVBUF, which are only hints; larger buffers would use memory that belongs to no process."""

_X32: Final = 0x40000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 24, 32
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def make_seccomp_filter(machine: Architecture) -> bytes:
    """Return the filter's instructions: denied calls fail with EPERM, and calls of another architecture kill."""
    return b"".join(_list_instructions(machine))


def _list_instructions(machine: Architecture) -> Iterator[bytes]:
    yield _encode_instruction(_LOAD, _ARCHITECTURE)
    yield _encode_instruction(_EQUAL, machine.audit, skip_if=1)
    yield _encode_instruction(_RETURN, _KILL)
    yield _encode_instruction(_LOAD, _NUMBER)
    yield _encode_instruction(_AT_LEAST, _X32, skip_unless=1)
    yield _encode_instruction(_RETURN, _REFUSE | errno.ENOSYS)
    for number in (*(machine.calls[name] for name in DENIED), *_DENIED_EVERYWHERE):
        yield _encode_instruction(_EQUAL, number, skip_unless=1)
        yield _encode_instruction(_RETURN, _REFUSE | errno.EPERM)
    yield from _ignore_buffer_sizes(machine.calls["setsockopt"])
    yield _encode_instruction(_EQUAL, machine.calls["socket"], skip_if=1)
    yield _encode_instruction(_RETURN, _ALLOW)
    yield _encode_instruction(_LOAD, _FIRST_ARGUMENT)
    for family in FAMILIES:
        yield _encode_instruction(_EQUAL, family, skip_unless=1)
        yield _encode_instruction(_RETURN, _ALLOW)
    yield _encode_instruction(_RETURN, _REFUSE | errno.EAFNOSUPPORT)


def _ignore_buffer_sizes(call: int) -> Iterator[bytes]:
    """Make requests for another size of a socket's buffers succeed without effect."""
    yield _encode_instruction(_EQUAL, call, skip_unless=7)
    yield _encode_instruction(_LOAD, _SECOND_ARGUMENT)
    yield _encode_instruction(_EQUAL, _SOCKET_LEVEL, skip_unless=4)
    yield _encode_instruction(_LOAD, _THIRD_ARGUMENT)
    yield _encode_instruction(_EQUAL, _BUFFER_SIZES[0], skip_if=1)
    yield _encode_instruction(_EQUAL, _BUFFER_SIZES[1], skip_unless=1)
    yield _encode_instruction(_RETURN, _REFUSE)
    yield _encode_instruction(_RETURN, _ALLOW)


def _encode_instruction(code: int, value: int, skip_if: int = 0, skip_unless: int = 0) -> bytes:
    return struct.pack("=HBBI", code, skip_if, skip_unless, value)
