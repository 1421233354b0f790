"""Analysers in their own process: if one fails, the others' answers still arrive, and its file is named."""

import sys

import pytest

from qa_agent.analysers.isolation import JobLimits, JobResult, make_jobs, run
from qa_agent.analysers.port import Analyser, SourceFile
from tests.handlers.qa.breaking import Breaking, BreakingTogether

LIMITS = JobLimits(file=60, job=60)
SHORT = JobLimits(file=5)
"""For jobs that never end; long enough for all others, including imports in the process's first job."""


def outcomes(*texts: str, analyser: Analyser | None = None, limits: JobLimits = LIMITS) -> list[JobResult]:
    files = [SourceFile(f"{number}.txt", "text", text) for number, text in enumerate(texts)]
    environ = {"AWS_SECRET_ACCESS_KEY": "never", "PATH": "/usr/bin:/bin"}
    return list(run(list(make_jobs([analyser or Breaking()], files)), limits, environ))


def told(results: list[JobResult]) -> list[str]:
    return [result.failure or " ".join(fault.rule for fault in result.faults) for result in results]


def test_a_file_that_raises_fails_alone() -> None:
    assert told(outcomes("a", "raise", "exit", "b")) == ["read", "ValueError: no", "SystemExit: 2", "read"]


@pytest.mark.parametrize(
    "deed", ["abort", "loop", pytest.param("eat", marks=pytest.mark.skipif(sys.platform != "linux", reason="no limit"))]
)
def test_a_file_that_ends_the_process_fails_alone(deed: str) -> None:
    first, second, third = told(outcomes("a", deed, "b", limits=SHORT))
    assert (first, third) == ("read", "read")
    assert "MemoryError" in second or second == "it took too long, too much memory, or crashed"


def test_after_too_many_ends_the_rest_is_not_checked_and_said_to_be_so() -> None:
    results = told(outcomes("abort", "abort", "abort", "a", limits=JobLimits(deaths=1)))
    assert results[:2] == ["it took too long, too much memory, or crashed"] * 2
    assert results[2:] == ["the time for this revision was over"] * 2


def test_no_time_left_means_nothing_passes() -> None:
    assert told(outcomes("a", limits=JobLimits(total=0))) == ["the time for this revision was over"]


def test_one_file_fails_all_of_those_that_are_checked_together() -> None:
    (result,) = outcomes("a", "abort", analyser=BreakingTogether())
    assert [file.path for file in result.job.files] == ["0.txt", "1.txt"]
    assert result.failure


def test_what_a_tool_prints_is_no_answer() -> None:
    assert told(outcomes("print", "a")) == ["read", "read"]


def test_the_process_knows_no_credentials() -> None:
    (result,) = outcomes("a")
    assert [fault.message for fault in result.faults] == [""]


def test_a_file_that_nobody_reads_makes_no_job() -> None:
    assert list(make_jobs([Breaking()], [SourceFile("skipped", "text", "")])) == []
