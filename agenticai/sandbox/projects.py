"""Runs the tests of a downloaded project in a sandbox."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from runner.programs import find_node, make_node_job, make_python_job
from runner.sandbox.errors import NoSandbox, NotRun
from runner.sandbox.inside.job import Job
from runner.sandbox.inside.limits import Limits
from runner.sandbox.process import run
from runner.sandbox.verdict import TestRun, judge

_REPOSITORY: Final = str(Path(__file__).resolve().parents[2])


def run_python_tests(code: Path, *, unsafe: bool = False, limits: Limits | None = None) -> TestRun:
    """Run the unittest tests below `code` with this interpreter, without its installed packages.

    Raises `NotRun` if there is no sandbox; `unsafe` then runs them without one.
    """
    applied_limits = limits or Limits()
    return _run(make_python_job(_read_files(code, applied_limits.disk_bytes), applied_limits, {}), unsafe)


def run_node_tests(code: Path, *, unsafe: bool = False) -> TestRun:
    """Run the node:test tests below `code` with the `node` on the PATH, which must be 18.19 or newer.

    Raises `NotRun` if there is no `node`, or no sandbox; `unsafe` then runs them without a sandbox.
    """
    limits = Limits()
    return _run(make_node_job(_read_files(code, limits.disk_bytes), limits, find_node()), unsafe)


def _run(job: Job, unsafe: bool) -> TestRun:
    try:
        return judge(run(replace(job, hidden=(_REPOSITORY,)), unsafe=unsafe), job.limits)
    except NoSandbox as reason:
        raise NoSandbox(f"{reason} (--unsafe-run runs it without a sandbox)") from reason


def _read_files(folder: Path, max_bytes: int) -> dict[str, bytes]:
    """Return the files below a folder by path, without links. Raises `NotRun` if they exceed `max_bytes`."""
    files, total = {}, 0
    for path in _list_regular_files(folder):
        total += path.stat().st_size
        if total > max_bytes:
            raise NotRun(f"the project is larger than the {max_bytes:,} bytes that a sandbox has")
        files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def _list_regular_files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in sorted(names)):
            if path.is_file() and not path.is_symlink():
                yield path
