"""Runs analysers in child processes, so that no file can crash, block or exhaust the worker.

The child ends itself when a job exceeds its time or memory limit; the answers so far show which job that was, and the
next child continues after it. A file that was not checked counts as failed: QA fails closed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from qa_agent.analysers.port import Analyser, Fault, SourceFile
from shared.models.severity import Severity

# What the interpreter and the programs that it starts need; credentials are not passed on.
_INHERITED: Final = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True)
class JobLimits:
    """Seconds per file, per job of many files and in total; bytes of memory; children that may end early."""

    file: int = 15
    job: int = 60
    total: float = 240.0
    memory: int = 640 * 1024 * 1024
    deaths: int = 5


LIMITS: Final = JobLimits()
"""What fits in the function's 600 seconds and 1024 MB, with a reserve for storing the report."""


@dataclass(frozen=True)
class AnalysisJob:
    """An analyser and the files that it checks in one run: one file, or all that it reads."""

    analyser: Analyser
    files: tuple[SourceFile, ...]


@dataclass(frozen=True)
class JobResult:
    """The result of a job: faults, or the reason for its failure."""

    job: AnalysisJob
    faults: tuple[Fault, ...]
    failure: str | None = None


def make_jobs(analysers: Sequence[Analyser], files: Sequence[SourceFile]) -> Iterator[AnalysisJob]:
    """Yield the jobs that check every file with every analyser that reads it."""
    for analyser in analysers:
        readable = tuple(file for file in files if analyser.reads(file))
        if readable and not analyser.alone:
            yield AnalysisJob(analyser, readable)
        elif readable:
            yield from (AnalysisJob(analyser, (file,)) for file in readable)


def run(
    jobs: Sequence[AnalysisJob],
    limits: JobLimits,
    environ: Mapping[str, str] = os.environ,
    seconds: Callable[[], float] = monotonic,
) -> Iterator[JobResult]:
    """Yield the result of each job, in order; `seconds` is the clock."""
    deadline = seconds() + limits.total
    remaining = list(jobs)
    deaths = 0
    while remaining and deaths <= limits.deaths and seconds() < deadline:
        answers = _run_child(remaining, limits, deadline - seconds(), environ)
        yield from (_read_result(job, answer) for job, answer in zip(remaining, answers, strict=False))
        remaining = remaining[len(answers) :]
        if remaining:
            deaths += 1
            yield JobResult(remaining.pop(0), (), "it took too long, too much memory, or crashed")
    yield from (JobResult(job, (), "the time for this revision was over") for job in remaining)


def _run_child(jobs: Sequence[AnalysisJob], limits: JobLimits, seconds: float, environ: Mapping[str, str]) -> list[str]:
    """Return the lines that a child wrote until it finished or was ended."""
    environment = {name: environ[name] for name in _INHERITED if name in environ}
    try:
        completed = subprocess.run(
            [sys.executable, "-S", "-P", "-m", "qa_agent.analysers.process"],
            input=_write_request(jobs, limits).encode("utf-8", "replace"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=seconds,
            check=False,
        )
        stdout = completed.stdout
    except subprocess.TimeoutExpired as expired:
        stdout = expired.stdout or b""
    return stdout.decode("utf-8", "replace").split("\n")[:-1]


def _write_request(jobs: Sequence[AnalysisJob], limits: JobLimits) -> str:
    """Return the child's input: the files once, and each job with its analyser, the files' indices and its seconds."""
    files = list(dict.fromkeys(file for job in jobs for file in job.files))
    numbers = {file: number for number, file in enumerate(files)}
    return json.dumps(
        {
            "memory": limits.memory,
            "files": [(file.path, file.language, file.text) for file in files],
            "jobs": [
                (
                    f"{type(job.analyser).__module__}:{type(job.analyser).__qualname__}",
                    [numbers[file] for file in job.files],
                    limits.file if job.analyser.alone else limits.job,
                )
                for job in jobs
            ],
        }
    )


def _read_result(job: AnalysisJob, reply: str) -> JobResult:
    answer = json.loads(reply)
    if isinstance(answer, str):
        return JobResult(job, (), answer)
    faults = (Fault(path, line, rule, Severity(severity), message) for path, line, rule, severity, message in answer)
    return JobResult(job, tuple(faults))
