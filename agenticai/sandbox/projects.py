"""Runs a project's own tests, from the folder that it was downloaded to, in a sandbox."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agenticai.sandbox.errors import NotRun
from agenticai.sandbox.inside.job import Job
from agenticai.sandbox.inside.limits import Limits
from agenticai.sandbox.process import INTERPRETER, LOADER, run
from agenticai.sandbox.verdict import TestRun, judge

_RUNNERS: Final = Path(__file__).with_name("runners")
_PREFIX: Final = os.path.realpath(sys.base_prefix)
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_NODE_ANSWERS_SECONDS: Final = 20


def run_python_tests(code: Path, *, unsafe: bool = False, limits: Limits | None = None) -> TestRun:
    """Run the unittest tests below `code` with this interpreter, without the packages that are installed in it.

    Raises `NotRun` where there is no sandbox; `unsafe` runs them without one there.
    """
    runner = (_RUNNERS / "python_tests.py").read_text("utf-8")
    command = (INTERPRETER, "-I", "-B", "-S", "-u", "-c", runner)
    return _run(code, command, _PREFIX, unsafe, limits or Limits())


def run_node_tests(code: Path, *, unsafe: bool = False, limits: Limits | None = None) -> TestRun:
    """Run the tests of node:test below `code` with the `node` on the PATH, which must be 18.19 or newer.

    Raises `NotRun` where there is no `node`, or no sandbox; `unsafe` runs them without a sandbox there.
    """
    node = _node()
    runner = (_RUNNERS / "node_tests.mjs").read_text("utf-8")
    return _run(code, (node, "--input-type=module", "-e", runner), node, unsafe, limits or Limits())


def _run(code: Path, command: tuple[str, ...], program: str, unsafe: bool, limits: Limits) -> TestRun:
    path = f"{os.path.dirname(command[0])}:{_PATH}"
    environment = {**LOADER, "PATH": path, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    files = _files(code, limits.disk_bytes)
    return judge(run(Job(command, environment, (program,), files, limits), unsafe=unsafe), limits)


def _files(folder: Path, most: int) -> dict[str, bytes]:
    """Return the files below a folder by path, without links. Raises `NotRun` if they have more than `most` bytes."""
    files, total = {}, 0
    for path in _regular(folder):
        total += path.stat().st_size
        if total > most:
            raise NotRun(f"the project is larger than the {most:,} bytes that a sandbox has")
        files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def _regular(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in sorted(names)):
            if path.is_file() and not path.is_symlink():
                yield path


def _node() -> str:
    """Return the real path of `node`: on the PATH there may be a link, or a script that finds it."""
    found = shutil.which("node")
    if found is None:
        raise NotRun("there is no `node` on the PATH")
    try:
        asked = subprocess.run(
            [found, "-p", "process.execPath"], capture_output=True, timeout=_NODE_ANSWERS_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotRun(f"{found} does not say where it is installed: {error}") from error
    return os.path.realpath(asked.stdout.decode().strip())
