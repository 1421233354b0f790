"""Runs a program in a sandbox, and reads its output until all of its processes have ended."""

import json
import math
import os
import platform
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final, cast

from runner.sandbox.errors import NoSandbox, NotRun
from runner.sandbox.inside.job import Job
from runner.sandbox.output import BoundedOutput
from runner.sandbox.refusals import explain_refusal

INTERPRETER: Final = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
"""The real path of this interpreter, outside any virtual environment."""

_LIBRARIES: Final = "LD_LIBRARY_PATH"

_PROGRAMS: Final = ("/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/local/lib", "/etc/alternatives", "/nix/store")
"""Folders that are never hidden, nor are their parents."""

_ROOT: Final = str(Path(__file__).parents[2])
_LAUNCH: Final = (
    "import sys; sys.path.append(sys.argv[1]); from runner.sandbox.inside.launch import main; sys.exit(main())"
)
_CHUNK: Final = 65536
_LISTEN_SECONDS: Final = 0.1
_AFTERWARDS_SECONDS: Final = 2
"""How long output is read after the run: without a sandbox, a remaining process may still print."""

_STATUS_BYTES: Final = 8192


def find_libraries(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that some interpreters need to start; they name only the interpreter's own folders."""
    prefix = os.path.realpath(sys.base_prefix)
    folders = environ.get(_LIBRARIES, "").split(os.pathsep)
    own = [folder for folder in folders if folder and Path(os.path.realpath(folder)).is_relative_to(prefix)]
    return {_LIBRARIES: os.pathsep.join(own)} if own else {}


@dataclass(frozen=True)
class EndedRun:
    """How a program ended: `exit` is its status, or a negative signal number; None if a limit ended it.

    `exceeded` is that limit: "time", "memory", "machine" for the machine's memory, or "killed" from outside.
    `report` is None if it was too long.
    """

    exit: int | None
    exceeded: str
    output: str
    report: bytes | None
    contained: bool


def run(job: Job, *, unsafe: bool = False) -> EndedRun:
    """Run a job in a sandbox, and return when all of its processes have ended.

    If this machine has no sandbox, `unsafe` runs the job without one; otherwise it is not run. Raises `NotRun`.
    """
    try:
        _check(job)
        return _run(replace(job, contained=True, hidden=_list_private_folders(job)))
    except NoSandbox:
        if not unsafe:
            raise
        return _run(replace(job, contained=False))


def _check(job: Job) -> None:
    """Raise `NoSandbox` if this is not Linux, or if showing the program would expose the user's home folder."""
    if sys.platform != "linux":
        raise NoSandbox(f"the sandbox needs Linux, and this is {platform.system()}")
    home = Path(os.path.realpath(os.path.expanduser("~")))
    for path in job.shown:
        if home.is_relative_to(path):
            raise NoSandbox(f"the program is installed in {path}, and with it the home folder would be seen inside")


def _list_private_folders(job: Job) -> tuple[str, ...]:
    """Return the user's folders that shown folders may contain, as in /usr/src, and that the program does not need."""
    work = Path.cwd()
    folders = [*job.hidden, os.path.expanduser("~"), str(work), _ROOT, os.environ.get("AGENTICAI_HOME", "")]
    folders += [str(folder / ".agenticai") for folder in (work, *work.parents)]
    real = dict.fromkeys(os.path.realpath(folder) for folder in folders if folder)
    needed = [Path(path) for path in (*_PROGRAMS, *job.shown, job.command[0])]
    return tuple(folder for folder in real if not any(path.is_relative_to(folder) for path in needed))


def _run(job: Job) -> EndedRun:
    output, report, status = (
        BoundedOutput(job.limits.output_bytes),
        BoundedOutput(job.limits.report_bytes),
        BoundedOutput(_STATUS_BYTES),
    )
    report_reader, report_writer = os.pipe()
    with open(report_reader, "rb", buffering=0), _start(report_writer) as process:
        os.close(report_writer)
        stdin, stdout, stderr = (cast("IO[bytes]", s) for s in (process.stdin, process.stdout, process.stderr))
        try:
            _send(stdin, replace(job, report=report_writer))
            _listen(process, {stdout.fileno(): output, stderr.fileno(): status, report_reader: report})
        finally:
            stdin.close()  # this ends the sandbox
            process.wait()
    code, exceeded = _read_end(status.text)
    return EndedRun(code, exceeded, output.text, None if report.left_out else report.whole, job.contained)


def _start(report: int) -> "subprocess.Popen[bytes]":
    """Start the process that creates the sandbox: without our variables, in its own session."""
    return subprocess.Popen(
        [INTERPRETER, "-I", "-S", "-B", "-c", _LAUNCH, _ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=[report],
        cwd="/",
        env=find_libraries(),
        start_new_session=True,
    )


def _send(leash: IO[bytes], job: Job) -> None:
    content = memoryview(job.encode())
    with suppress(BrokenPipeError):
        while content:
            content = content[leash.write(content) :]


def _listen(process: "subprocess.Popen[bytes]", streams: Mapping[int, BoundedOutput]) -> None:
    """Read all streams until they end; if a process remains, at most `_AFTERWARDS_SECONDS` after the run."""
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)
        deadline = math.inf
        while selector.get_map() and time.monotonic() < deadline:
            has_ended = process.poll() is not None
            if has_ended and deadline == math.inf:
                deadline = time.monotonic() + _AFTERWARDS_SECONDS
            ready = selector.select(_LISTEN_SECONDS)
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                streams[key.fd].add(chunk)
                if not chunk:
                    selector.unregister(key.fd)
            if has_ended and not ready:
                return


def _read_end(status: str) -> tuple[int | None, str]:
    """Return the exit status and the exceeded limit, as the processes around the program reported them.

    Raises `NotRun` if the program was never started; a started program cannot cause that.
    """
    report: dict[str, Any] = {"began": False}
    for line in status.splitlines():
        report |= json.loads(line) if line.startswith("{") else {"last": line}
    if "failed" in report and report["began"]:
        raise NotRun(f"the program could not be started ({report['failed']}: {os.strerror(report['errno'])})")
    if "failed" in report:
        raise NoSandbox(explain_refusal(report["failed"], report["errno"]))
    if not report["began"]:
        raise NoSandbox(f"the sandbox could not be made: {report.get('last', 'it was killed')}")
    return report.get("exit"), report.get("exceeded", "" if "exit" in report else "killed")
