"""Judges a project's tests by their runner's report alone: their output is never interpreted."""

import signal
from dataclasses import dataclass
from typing import Final

from runner.sandbox.inside.limits import MIB, Limits
from runner.sandbox.process import EndedRun
from runner.sandbox.report import Report, TestResult, WrittenTest

_NAMED: Final = 3
"""How many tests a sentence names."""


@dataclass(frozen=True)
class TestRun:
    """The results of all tests of a project.

    `trouble` says why they prove nothing although none failed, `output` is what they printed, shortened and safe to
    display, and `contained` tells whether they ran in a sandbox. `written` are the tests in the source files.
    """

    __test__ = False
    results: tuple[TestResult, ...]
    trouble: str = ""
    output: str = ""
    contained: bool = True
    written: tuple[WrittenTest, ...] = ()

    @property
    def ran(self) -> int:
        """The number of tests that ran to the end."""
        return sum(result.outcome != "skipped" for result in self.results)

    @property
    def failed(self) -> tuple[TestResult, ...]:
        """The tests that did not pass."""
        return tuple(result for result in self.results if result.outcome in ("failed", "error"))

    @property
    def passed(self) -> bool:
        """Whether there are tests, all of them ran, and none failed."""
        return not self.trouble and not self.failed and self.ran > 0

    @property
    def evidence(self) -> str:
        """Why they did not pass: the trouble, and what they printed."""
        return "\n".join(filter(None, (self.trouble, self.output.strip())))


def judge(run: EndedRun, limits: Limits) -> TestRun:
    """Return the report's results, and why they prove nothing if the report or the run is not trustworthy."""
    report = Report.read(run.report or b"")
    trouble = _describe_excess(run, report, limits) or _describe_doubt(run, report)
    return TestRun(report.results, trouble, run.output, run.contained, report.expected)


def _describe_excess(run: EndedRun, report: Report, limits: Limits) -> str:
    """Return which limit ended the run, as a sentence; empty if none did."""
    subject = report.running or "The tests"
    if run.exceeded == "time":
        return f"{subject} did not end within {limits.wall_seconds:g} seconds."
    if run.exceeded == "memory":
        return f"{subject} used more than {limits.memory_bytes // MIB:,} MiB of memory."
    if run.exceeded == "machine":
        return "The tests were stopped because this machine's memory ran short."
    if run.exceeded:
        return "The tests were killed from outside, with all of the sandbox."
    if run.exit == -signal.SIGXCPU:
        return f"{subject} used more than {limits.cpu_seconds} seconds of processor time."
    if run.report is None:
        return f"The report on the tests is longer than {limits.report_bytes:,} bytes."
    return ""


def _describe_doubt(run: EndedRun, report: Report) -> str:
    """Return why the report proves nothing, regardless of its results; empty if it is valid."""
    ending = f"signal {-run.exit}" if run.exit is not None and run.exit < 0 else f"exit status {run.exit}"
    if not report.complete:
        location = f", in {report.running}" if report.running else ""
        return f"The run ended before its tests were over{location} ({ending})."
    if report.damaged:
        return "The tests wrote into the report on them."
    if report.changed:
        return f"The tests replaced {_format_names(report.changed)} of what ran them."
    outcomes = {result.outcome for result in report.results}
    if report.not_run and outcomes.isdisjoint(("failed", "error")):
        return f"Not run: {_format_names(report.not_run)}."
    if not outcomes:
        return "There are none."
    if outcomes == {"skipped"}:
        return "All of them were skipped."
    has_failed = run.exit and outcomes.isdisjoint(("failed", "error"))
    return f"They passed, but then the run ended with {ending}." if has_failed else ""


def _format_names(names: tuple[str, ...]) -> str:
    """Return the first of some names, and the number of the others."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
