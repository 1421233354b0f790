"""Runs the tests of a request, and reports the outcome of each."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from runner.isolation import RunJob, run_isolated
from runner.packages import NeededPackages, find_needed
from runner.programs import SANDBOX, Files, find_node, make_emptying_job, make_node_job, make_python_job
from runner.readable import compile_ahead, open_to_all
from runner.sandbox.errors import NotRun
from runner.sandbox.inside.limits import MIB, Limits
from runner.sandbox.inside.view import WORK
from runner.sandbox.report import EmptiedFunction, Report, TestResult, WrittenTest, remove_parameters
from runner.sandbox.verdict import TestRun, judge
from shared.models.runs import MOST_TESTS, Emptied, ProjectFrame, TestedTest, TestsRequested, TestsRun
from shared.packed_files import unpack

LIMITS: Final = Limits(wall_seconds=60, cpu_seconds=45, memory_bytes=768 * MIB)
"""What fits in the function's 120 seconds and 1769 MB, together with the emptying of functions afterwards."""

EMPTYING_SECONDS: Final = 15.0

_TIGHT_OUTPUT: Final = 16 * 1024
_LOADER_ERROR: Final = re.compile(r"unittest\.loader\._FailedTest\.(.+)")
_LINE: Final = re.compile(
    r"""^ *(?:File "(?P<file>[^"]+)", line |(?P<path>[^ :"\n]+):)(?P<line>\d+)(?:, in |: in )?(?P<name>.*)$""",
    re.MULTILINE,
)
"""A line of a traceback in Python's or pytest's format."""


@dataclass(frozen=True)
class Runner:
    """Runs projects; its parts can be replaced."""

    run_job: RunJob = run_isolated
    find_needed: Callable[[Files], NeededPackages] = find_needed
    find_node: Callable[[], str] = find_node
    limits: Limits = field(default=replace(LIMITS, output_bytes=_TIGHT_OUTPUT))
    emptying_seconds: float = EMPTYING_SECONDS

    def run(self, request: TestsRequested) -> TestsRun:
        """Run the tests of a project; if they cannot be run, the answer says why."""
        try:
            files = unpack(request.files)
            if request.language == "node":
                return self._run_node(files)
            return self._run_python(files, weakness=request.weakness)
        except (NotRun, ValueError) as reason:
            return TestsRun(language=request.language, not_run=str(reason))

    def _run_python(self, files: Files, *, weakness: bool) -> TestsRun:
        needed = self.find_needed(files)
        if needed.missing:
            raise NotRun(f"not runnable here: needs {', '.join(needed.missing)}")
        compile_ahead(SANDBOX)
        job = make_python_job(files, self.limits, needed.packages)
        for package in job.packages.values():
            if any(b"pytest" in content for content in files.values()):
                compile_ahead(package)
            open_to_all(package)
        run = judge(self.run_job(job), self.limits)
        emptied = self._empty_functions(files, needed.packages) if weakness and run.passed else ()
        return _make_answer("python", files, run, emptied)

    def _run_node(self, files: Files) -> TestsRun:
        job = make_node_job(files, self.limits, self.find_node())
        return _make_answer("node", files, judge(self.run_job(job), self.limits), ())

    def _empty_functions(self, files: Files, packages: Mapping[str, str]) -> tuple[EmptiedFunction, ...]:
        """Return the functions that were emptied: fewer if the job ends early."""
        limits = replace(self.limits, wall_seconds=self.emptying_seconds + 5)
        run = self.run_job(make_emptying_job(files, limits, packages, self.emptying_seconds))
        return Report.read(run.report or b"").emptied


def _make_answer(language: str, files: Files, run: TestRun, emptied: Sequence[EmptiedFunction]) -> TestsRun:
    written = {test.id: test for test in run.written}
    tests = sorted(run.results, key=lambda result: result.outcome not in ("failed", "error"))[:MOST_TESTS]
    return TestsRun(
        language="python" if language == "python" else "node",
        trouble=run.trouble,
        tests=tuple(_describe_test(result, written.get(remove_parameters(result.id)), files) for result in tests),
        collected=len(run.results),
        written=tuple(dict.fromkeys(test.path for test in run.written)),
        emptied=tuple(
            Emptied(path=each.path, line=each.line, name=each.name, called=each.called, noticed=each.noticed)
            for each in emptied
        ),
        output=run.output,
        contained=run.contained,
    )


def _describe_test(result: TestResult, written: WrittenTest | None, files: Files) -> TestedTest:
    path = written.path if written else _guess_path(result, files)
    frames = tuple(ProjectFrame(path=f.path, line=f.line, function=f.function) for f in result.frames)
    frames = frames or tuple(_find_frames(result.message, files))
    return TestedTest(
        id=result.id,
        outcome=result.outcome,
        seconds=max(0.0, result.seconds),
        message=_shorten(result.message)[-4_000:],
        path=path,
        line=written.line if written else next((frame.line for frame in frames if frame.path == path), 1),
        checks=written.checks if written else None,
        frames=frames,
    )


def _shorten(message: str) -> str:
    """Return a failed import's message without its traceback, which is in the frames."""
    if "Traceback" not in message:
        return message
    error_lines = [line[1:].strip() for line in message.splitlines() if line.startswith("E  ")]
    return "\n".join(error_lines) or message.rstrip().rpartition("\n")[2]


def _find_frames(message: str, files: Files) -> Iterator[ProjectFrame]:
    """Yield the project's own lines in the traceback in a message."""
    for match in _LINE.finditer(message):
        path = (match["file"] or match["path"]).removeprefix(f"{WORK}/code/")
        if path in files:
            yield ProjectFrame(path=path, line=max(1, int(match["line"])), function=match["name"] or "<module>")


def _guess_path(result: TestResult, files: Files) -> str:
    """Return the file of a test that is not defined there: its import failed, or it is in a base class."""
    failed = _LOADER_ERROR.fullmatch(result.id)
    parts = re.split(r"[.(]", (failed[1] if failed else result.id).rstrip(")"))
    names = ["/".join(parts[:length]) + ".py" for length in range(len(parts), 0, -1)]
    if colon := result.id.partition(": ")[0]:
        names.insert(0, colon)
    return next((name for name in names if name in files), result.frames[0].path if result.frames else "")
