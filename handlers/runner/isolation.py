"""Chooses where a project runs: in a sandbox, in Lambda's own micro-VM, or not at all."""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from runner.micro_vm import explain_no_micro_vm
from runner.sandbox.errors import NoSandbox, NotRun
from runner.sandbox.inside.job import Job
from runner.sandbox.process import EndedRun, run

RunJob = Callable[[Job], EndedRun]

_CODE = Path(__file__).resolve()


def run_isolated(job: Job) -> EndedRun:
    """Run a job in a sandbox, or without one only if nothing but this job is on the machine. Raises `NotRun`.

    No variable decides this, so that none can be set by mistake. On Lambda, a sandbox cannot be created; there the
    micro-VM, a role that permits only a log, and a network without a route are the isolation.
    """
    _hide_this_process()
    try:
        return run(job)
    except NoSandbox as reason:
        if explain_no_micro_vm(_CODE):
            raise NotRun(f"{reason}; without a sandbox, produced code is run on Lambda's own machines only") from reason
    _clear_folder(Path(tempfile.gettempdir()))
    return run(job, unsafe=True)


def _hide_this_process() -> None:
    """Prevent other processes of this user from reading this one's variables, the function's own, in /proc."""
    if sys.platform == "linux":
        from runner.sandbox.inside.kernel import hide_from_others

        hide_from_others()


def _clear_folder(folder: Path) -> None:
    """Delete an earlier run's files before the next one begins."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
