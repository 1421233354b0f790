"""The last steps before the program starts: its files, descriptors and limits, and the removal of all privileges."""

import os
import resource
import signal
from typing import NoReturn

from runner.sandbox.inside import kernel
from runner.sandbox.inside.filter import make_seccomp_filter
from runner.sandbox.inside.job import REPORT, Job
from runner.sandbox.inside.view import PACKAGES, USER

NICENESS = 5


def exec_program(job: Job, folder: str) -> NoReturn:
    """Turn this process, a child of the sandbox's first, into the program; `folder` is the only writable one."""
    os.setsid()
    if job.contained and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
    _write_files(job, folder)
    _redirect(job.report)
    _limit_resources(job)
    os.nice(NICENESS)
    if job.contained:
        machine = kernel.find_architecture()
        kernel.refuse_new_privileges()
        kernel.install_filter(make_seccomp_filter(machine))
    overrides = {"HOME": folder, "TMPDIR": os.path.join(folder, "tmp")}
    if job.packages:
        overrides["PYTHONPATH"] = PACKAGES if job.contained else os.path.join(folder, "packages")
    environment = {**job.environment, **overrides}
    os.execve(job.command[0], job.command, environment)  # noqa: S606 - there is no shell


def _write_files(job: Job, folder: str) -> None:
    for name in ("code", "tmp"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    if job.packages and not job.contained:
        os.mkdir(f"{folder}/packages")
        for name, source in job.packages.items():
            os.symlink(source, f"{folder}/packages/{name}")
    os.chdir(f"{folder}/code")
    for path, content in job.files.items():
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


def _redirect(report: int) -> None:
    """Connect standard input to nothing, standard error to standard output, and `REPORT` to the report."""
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(1, 2)
    if report != REPORT:
        os.dup2(report, REPORT)
        os.close(report)


def _limit_resources(job: Job) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for signal_number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(signal_number, signal.SIG_DFL)
    limits = job.limits
    values = {
        resource.RLIMIT_CPU: limits.cpu_seconds + 1,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_NICE: 0,  # it cannot raise its priority again
        resource.RLIMIT_CORE: 1,  # core(5): with 1, nothing is piped to a program that collects dumps either
    }
    if job.contained:
        values |= {resource.RLIMIT_NPROC: limits.processes, resource.RLIMIT_MSGQUEUE: 0, resource.RLIMIT_MEMLOCK: 0}
    for limit, value in values.items():
        _, current_hard = resource.getrlimit(limit)
        hard = value if current_hard == resource.RLIM_INFINITY else min(value, current_hard)
        margin = 1 if limit == resource.RLIMIT_CPU else 0  # SIGXCPU, which identifies this limit, before SIGKILL
        resource.setrlimit(limit, (hard - margin, hard))
