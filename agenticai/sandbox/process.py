"""Runs a program in a sandbox and listens to it until all of it has ended."""

import json
import os
import platform
import selectors
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from agenticai.sandbox.errors import NotRun
from agenticai.sandbox.inside.job import Job
from agenticai.sandbox.output import Kept
from agenticai.sandbox.refusals import why_not

INTERPRETER: Final = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
"""This interpreter, without the packages of a virtual environment."""

_PACKAGES: Final = str(Path(__file__).parents[2])
_LAUNCH: Final = (
    "import sys; sys.path.append(sys.argv[1]); from agenticai.sandbox.inside.launch import main; sys.exit(main())"
)
_CHUNK: Final = 65536
_LISTEN_SECONDS: Final = 0.1
_STATUS_BYTES: Final = 8192


@dataclass(frozen=True)
class Ended:
    """How a program ended: `exit` is its status, or a signal's number below 0; None where a limit ended it.

    `exceeded` is that limit: time, memory, or the machine's memory. `report` is None if there was too much of it.
    """

    exit: int | None
    exceeded: str
    output: str
    report: bytes | None
    contained: bool


def run(job: Job, *, unsafe: bool = False) -> Ended:
    """Run a job in a sandbox, and return when no process of it is left.

    Raises `NotRun` where this machine has no sandbox, unless `unsafe` says to run it without one then.
    """
    try:
        if sys.platform != "linux":
            raise NotRun(f"the sandbox needs Linux, and this is {platform.system()}")
        return _run(replace(job, contained=True))
    except NotRun:
        if not unsafe:
            raise
        return _run(replace(job, contained=False))


def _run(job: Job) -> Ended:
    output, report, status = Kept(job.limits.output_bytes), Kept(job.limits.report_bytes), Kept(_STATUS_BYTES)
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as reports, _started(writing) as process:
        try:
            os.close(writing)
            _send(process, replace(job, report=writing))
            _listen(process, {process.stdout: output, process.stderr: status, reports: report})
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()  # type: ignore[union-attr] # the sandbox ends with it
            process.wait()
    code, exceeded = _end(status.text)
    return Ended(code, exceeded, output.text, None if report.left_out else report.whole, job.contained)


def _started(report: int) -> "subprocess.Popen[bytes]":
    """Start what makes the sandbox: in no environment, in a session of its own, so that Ctrl-C is ours to handle."""
    return subprocess.Popen(
        [INTERPRETER, "-I", "-S", "-B", "-c", _LAUNCH, _PACKAGES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=[report],
        cwd="/",
        env={},
        start_new_session=True,
    )


def _send(process: "subprocess.Popen[bytes]", job: Job) -> None:
    content = memoryview(job.sent())
    with suppress(BrokenPipeError):
        while content:
            content = content[process.stdin.write(content) :]  # type: ignore[union-attr]


def _listen(process: "subprocess.Popen[bytes]", streams: Mapping[IO[bytes] | None, Kept]) -> None:
    """Take in all that comes, until the streams end or, where a process was left behind, the sandbox has ended."""
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)  # type: ignore[arg-type]
        while selector.get_map():
            over = process.poll() is not None
            ready = selector.select(_LISTEN_SECONDS)
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                streams[key.fileobj].add(chunk)  # type: ignore[index]
                if not chunk:
                    selector.unregister(key.fileobj)
            if over and not ready:
                return


def _end(status: str) -> tuple[int | None, str]:
    """The exit status and the limit that was exceeded, as the process that makes the sandbox said.

    Raises `NotRun` if it said something else.
    """
    lines = status.strip().splitlines() or ["it was killed"]
    said: dict[str, Any] = next((json.loads(line) for line in lines if line.startswith("{")), {})
    if "failed" in said:
        raise NotRun(why_not(said["failed"], said["errno"]))
    if not said:
        raise NotRun(f"the sandbox could not be made: {lines[-1]}")
    return said.get("exit"), said.get("exceeded", "")
