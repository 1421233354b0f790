"""The system calls that isolate a sandbox, with a C library that only records them."""

import ctypes
import errno
import sys
from collections.abc import Callable
from typing import Any

import pytest

from runner.sandbox.inside import kernel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

PIVOT_ROOT, CLONE = 155, 56  # on x86_64


class Libc:
    """Records the arguments of each call, and returns `result`."""

    def __init__(self, result: int = 0) -> None:
        self.result = result
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            self.calls.append((name, *(getattr(word, "value", word) for word in arguments)))
            return self.result

        return call


def made(monkeypatch: pytest.MonkeyPatch, step: Callable[[], object]) -> tuple[Any, ...]:
    """Return the one call that a step makes."""
    libc = Libc()
    monkeypatch.setattr(kernel, "_libc", libc)
    step()
    (call,) = libc.calls
    return call


@pytest.mark.parametrize(
    ("step", "call"),
    [
        (kernel.make_private, ("mount", None, b"/", None, 0x44000, None)),
        (lambda: kernel.mount("proc", "/p", "o=1"), ("mount", b"proc", b"/p", b"proc", 6, b"o=1")),
        (lambda: kernel.detach("/old"), ("umount2", b"/old", 2)),
        (kernel.die_with_parent, ("prctl", 1, 9, 0, 0, 0)),
        (kernel.adopt_orphans, ("prctl", 36, 1, 0, 0, 0)),
        (kernel.hide_from_others, ("prctl", 4, 0, 0, 0, 0)),
        (kernel.refuse_new_privileges, ("prctl", 38, 1, 0, 0, 0)),
        (
            lambda: kernel.pivot_root("/new", "/new/old"),
            ("syscall", PIVOT_ROOT, b"/new", b"/new/old"),
        ),
        (kernel.clone, ("syscall", CLONE, 0x7E020000 | 17, 0, 0, 0, 0)),
    ],
)
def test_what_the_kernel_is_asked_for(
    step: Callable[[], object], call: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert made(monkeypatch, step) == call


def test_a_mounts_attributes_are_added(monkeypatch: pytest.MonkeyPatch) -> None:
    call = made(monkeypatch, lambda: kernel.set_attributes("/p", 7))
    assert (call[:5], call[6]) == (("syscall", 442, -100, b"/p", 0), 32)
    wanted = call[5]._obj
    assert (wanted.set, wanted.clear, wanted.propagation, wanted.user_namespace) == (7, 0, 0, 0)


def test_what_is_bound_is_protected_with_all_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Libc()
    monkeypatch.setattr(kernel, "_libc", libc)
    kernel.bind("/a", "/b", 1)
    mounted, protected = libc.calls
    assert mounted == ("mount", b"/a", b"/b", None, 0x5000, None)
    assert (protected[:5], protected[5]._obj.set) == (("syscall", 442, -100, b"/b", 0x8000), 1)


def test_a_filter_is_installed_with_the_number_of_its_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    call = made(monkeypatch, lambda: kernel.install_filter(b"12345678" * 3))
    assert (call[:3], call[4:]) == (("prctl", 22, 2), (0, 0))
    assert (call[3]._obj.length, call[3]._obj.instructions) == (3, b"12345678" * 3)


@pytest.mark.parametrize(
    ("step", "named"),
    [
        (kernel.make_private, "mount /"),
        (lambda: kernel.mount("proc", "/p", ""), "mount /p"),
        (lambda: kernel.bind("/a", "/b", 1), "bind /b"),
        (lambda: kernel.set_attributes("/p", 1), "protect /p"),
        (lambda: kernel.pivot_root("/new", "/old"), "pivot_root"),
        (lambda: kernel.detach("/old"), "umount /old"),
        (lambda: kernel.install_filter(b""), "seccomp filter"),
        (kernel.die_with_parent, "prctl"),
        (kernel.clone, "a user namespace"),
    ],
)
def test_a_step_that_fails_is_named(step: Callable[[], object], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_libc", Libc(result=-1))
    ctypes.set_errno(errno.EPERM)
    with pytest.raises(PermissionError, match="Operation not permitted") as failed:
        step()
    assert (failed.value.errno, failed.value.filename) == (errno.EPERM, named)


@pytest.mark.parametrize(("machine", "told"), [("sparc", "the sandbox does not know sparc")])
def test_an_unknown_processor(machine: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(OSError, match=told) as failed:
        kernel.find_architecture()
    assert (failed.value.errno, failed.value.filename) == (0, "processor")
