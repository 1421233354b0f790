"""Linux system calls for which Python has no function."""

import ctypes
import os
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NEW_NAMESPACES: Final = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
"""For mounts, cgroups, UTS, IPC, users, processes and network: clone(2)."""

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC = 0x1, 0x2, 0x4, 0x8
"""Attributes of a mount: mount_setattr(2)."""

_MOUNT_SETATTR: Final = 442
_BIND, _RECURSIVE, _PRIVATE, _DETACH = 0x1000, 0x4000, 0x40000, 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _SET_CHILD_SUBREAPER, _SET_NO_NEW_PRIVS = 1, 4, 22, 36, 38
_SIGCHLD, _SIGKILL = 17, 9


@dataclass(frozen=True)
class Architecture:
    """A processor's numbers: `audit` identifies it in a filter, and `calls` are system calls with differing numbers."""

    audit: int
    calls: Mapping[str, int]


_CALLS: Final = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone": (56, 220),
    "fanotify_init": (300, 262),
    "inotify_add_watch": (254, 27),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "msgget": (68, 186),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setns": (308, 268),
    "setsockopt": (54, 208),
    "shmget": (29, 194),
    "socket": (41, 198),
    "syslog": (103, 116),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
"""System call numbers on x86_64, and on later architectures."""

ARCHITECTURES: Final = {
    "x86_64": Architecture(0xC000003E, {name: old for name, (old, _) in _CALLS.items()}),
    "aarch64": Architecture(0xC00000B7, {name: new for name, (_, new) in _CALLS.items()}),
    "riscv64": Architecture(0xC00000F3, {name: new for name, (_, new) in _CALLS.items()}),
}

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("user_namespace", ctypes.c_uint64),
    )


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def find_architecture() -> Architecture:
    """Return this processor's numbers. Raises `OSError` if they are not known."""
    name = platform.machine() if struct.calcsize("P") == 8 else "a 32-bit interpreter"
    if name not in ARCHITECTURES:
        raise OSError(0, f"the sandbox does not know {name}", "processor")
    return ARCHITECTURES[name]


def clone() -> int:
    """Fork into new namespaces; return the child's process id, or 0 in the child, which is process 1 there."""
    return _call("a user namespace", find_architecture().calls["clone"], NEW_NAMESPACES | _SIGCHLD, 0, 0, 0, 0)


def mount(kind: str, target: str, options: str) -> None:
    """Mount a new file system of that kind, without devices and setuid programs."""
    flags = NO_SUID | NO_DEVICES
    _check(f"mount {target}", _libc.mount(kind.encode(), target.encode(), kind.encode(), flags, options.encode()))


def make_private() -> None:
    """Prevent mounts made here from being seen outside."""
    _check("mount /", _libc.mount(None, b"/", None, _RECURSIVE | _PRIVATE, None))


def bind(source: str, target: str, attributes: int) -> None:
    """Mount `source`, with everything below it, at `target`."""
    _check(f"bind {target}", _libc.mount(source.encode(), target.encode(), None, _BIND | _RECURSIVE, None))
    set_attributes(target, attributes, _AT_RECURSIVE)


def set_attributes(target: str, attributes: int, flags: int = 0) -> None:
    """Add attributes to a mount."""
    request = _MountAttributes(set=attributes)
    size = ctypes.c_size_t(ctypes.sizeof(request))
    _call(f"protect {target}", _MOUNT_SETATTR, _AT_FDCWD, target.encode(), flags, ctypes.byref(request), size)


def pivot_root(root: str, old: str) -> None:
    """Make `root` the root of all paths, and the previous root visible at `old`, which is below it."""
    _call("pivot_root", find_architecture().calls["pivot_root"], root.encode(), old.encode())


def detach(target: str) -> None:
    """Unmount `target`, lazily."""
    _check(f"umount {target}", _libc.umount2(target.encode(), _DETACH))


def die_with_parent() -> None:
    """Make the kernel kill this process when its parent ends."""
    _prctl(_SET_PDEATHSIG, _SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def hide_from_others() -> None:
    """Prevent unprivileged processes from tracing this one, or reading its memory and environment."""
    _prctl(_SET_DUMPABLE, 0)


def refuse_new_privileges() -> None:
    """Prevent programs executed from here from gaining privileges: PR_SET_NO_NEW_PRIVS."""
    _prctl(_SET_NO_NEW_PRIVS, 1)


def install_filter(instructions: bytes) -> None:
    """Install a seccomp filter for this process and all its children."""
    program = _Filter(len(instructions) // 8, instructions)
    _check("seccomp filter", _libc.prctl(_SET_SECCOMP, 2, ctypes.byref(program), 0, 0))


def _prctl(option: int, value: int) -> None:
    _check("prctl", _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)))


def _call(step: str, number: int, *arguments: object) -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return _check(step, _libc.syscall(ctypes.c_long(number), *words))


def _check(step: str, result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), step)
    return result
