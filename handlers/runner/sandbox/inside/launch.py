"""The process that creates a sandbox, and ends it after a timeout or when the process that requested it ends."""

import fcntl
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from runner.sandbox.inside.job import Job

NOBODY: Final = 65534
"""The user outside the sandbox as whom the program runs, if root creates it."""

POLL_SECONDS: Final = 0.02

KILL_SECONDS: Final = 5

_LEASH: Final = 0
"""Standard input: the sandbox ends when it ends."""

_channel = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 10)
"""The descriptor for messages to the requesting process; no program inherits it."""


def main() -> None:
    """Read a job from standard input, run it, and write its events to standard error, in lines of JSON."""
    os.umask(0o022)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with open(_LEASH, "rb", closefd=False) as stream:
        job = Job.decode(stream)
    if job.contained:
        _run_contained(job)
    else:
        _run_uncontained(job)


def say(**message: object) -> None:
    """Send a message to the process that requested the sandbox."""
    os.write(_channel, json.dumps(message).encode() + b"\n")


def _run_contained(job: Job) -> None:
    from runner.sandbox.inside import kernel
    from runner.sandbox.inside.first import run_as_init

    kernel.die_with_parent()
    _prefer_for_oom_killer()
    read_end, write_end = os.pipe()
    try:
        init_pid = kernel.clone()
        if init_pid == 0:
            os.close(write_end)
            run_as_init(job, read_end, say)
        _map_users(init_pid)
    except OSError as error:
        say(failed=error.filename or "the map of users", errno=error.errno)
        return
    os.write(write_end, b"1")
    _wait_for_sandbox(init_pid, job.limits.wall_seconds)


def _prefer_for_oom_killer() -> None:
    """Make the kernel's out-of-memory killer choose this process first among the user's."""
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def _map_users(init_pid: int) -> None:
    """Map users and groups: the program runs as nobody in root's sandbox, and as the same user in a user's."""
    from runner.sandbox.inside.view import USER

    privileged = os.geteuid() == 0 and _is_mapped(NOBODY)
    for kind, own in (("uid", os.geteuid()), ("gid", os.getegid())):
        if kind == "gid" and not privileged:
            _write(f"/proc/{init_pid}/setgroups", "deny")
        _write(f"/proc/{init_pid}/{kind}_map", f"0 {own} 1\n{USER} {NOBODY} 1" if privileged else f"{USER} {own} 1")


def _is_mapped(user: int) -> bool:
    with open("/proc/self/uid_map", encoding="ascii") as file:
        ranges = [[int(number) for number in line.split()] for line in file]
    return any(begin <= user < begin + length for begin, _, length in ranges)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def _wait_for_sandbox(init_pid: int, seconds: float) -> None:
    """Wait for the sandbox, and kill it after a timeout or when standard input ends."""
    ready, _, _ = select.select([os.pidfd_open(init_pid), _LEASH], [], [], seconds)
    if not ready:
        say(exceeded="time")
    os.kill(init_pid, signal.SIGKILL)
    os.waitpid(init_pid, 0)


def _run_uncontained(job: Job) -> None:
    """Run the program without a sandbox, with the limits that need no privileges."""
    import shutil
    import tempfile

    from runner.sandbox.inside.first import start

    if sys.platform == "linux":
        from runner.sandbox.inside import kernel

        kernel.adopt_orphans()
    folder = tempfile.mkdtemp(prefix="agenticai-")
    try:
        say(began=True)
        child = os.fork()
        if child == 0:
            start(job, folder, say)
        deadline, status = time.monotonic() + job.limits.wall_seconds, None
        while status is None and time.monotonic() < deadline and not select.select([_LEASH], [], [], POLL_SECONDS)[0]:
            pid, wait_status = os.waitpid(child, os.WNOHANG)
            status = wait_status if pid else None
        say(**({"exceeded": "time"} if status is None else {"exit": os.waitstatus_to_exitcode(status)}))
        _kill_group(child)
        _kill_descendants()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _kill_descendants() -> None:
    """Kill all descendants, including those that left the process group; without /proc none can be found."""
    deadline = time.monotonic() + KILL_SECONDS
    while (remaining := _list_descendants()) and time.monotonic() < deadline:
        for signal_number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, so that none starts another meanwhile
            for pid in remaining:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal_number)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _list_descendants() -> list[int]:
    """Return the running descendants of this process, the nearest first."""
    parents = dict(_list_parents())
    pids = [os.getpid()]
    for process in pids:
        pids += [child for child, parent in parents.items() if parent == process]
    return pids[1:]


def _list_parents() -> Iterator[tuple[int, int]]:
    """Yield each running process and its parent."""
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdecimal():
            with suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
                if state not in "ZX":
                    yield int(name), int(parent)
