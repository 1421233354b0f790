"""The first process of a sandbox: it isolates it, starts the program and watches it; other processes end with it."""

import fcntl
import os
import signal
import socket
import struct
from collections.abc import Callable
from typing import Final, NoReturn

from runner.sandbox.inside import kernel, program, view
from runner.sandbox.inside.job import Job
from runner.sandbox.inside.memory import Machine, Memory

LOOK_SECONDS: Final = 0.05
"""How often memory use is checked."""

_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1

Say = Callable[..., None]
"""Reports an event to the process outside."""


def run_as_init(job: Job, go: int, say: Say) -> NoReturn:
    """Act as process 1 of the new namespaces, once `go` can be read; never returns."""
    try:
        kernel.die_with_parent()
        if os.read(go, 1):
            say(**_run_program(job, say))
    except OSError as error:
        say(failed=error.filename or "", errno=error.errno)
    os._exit(0)


def _run_program(job: Job, say: Say) -> dict[str, object]:
    """Run the program; return how it ended."""
    memory = Memory(job.limits, Machine())
    _close_off()
    view.build(job)
    say(began=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        start(job, view.WORK, say)
    while True:
        signal.sigtimedwait({signal.SIGCHLD}, LOOK_SECONDS)
        status = _reap(child)
        if status is not None:
            return {"exit": os.waitstatus_to_exitcode(status)}
        if exceeded := memory.find_exceeded():
            return {"exceeded": exceeded}


def start(job: Job, folder: str, say: Say) -> NoReturn:
    """Become the program, or report why that is not possible."""
    try:
        program.exec_program(job, folder)
    except OSError as error:
        say(failed=error.filename or "", errno=error.errno)
    os._exit(1)


def _close_off() -> None:
    """Hide this process, prevent new user namespaces, and leave the network only a loopback interface."""
    kernel.hide_from_others()
    with open("/proc/sys/user/max_user_namespaces", "w", encoding="ascii") as file:
        file.write("0")
    socket.sethostname("sandbox")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


def _reap(child: int) -> int | None:
    """Reap all processes that have ended; return the program's status if it is among them."""
    child_status = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return child_status
        if pid == 0:
            return child_status
        child_status = status if pid == child else child_status
