"""Projects to run, and the outcome of each of their tests."""

from dataclasses import replace
from textwrap import dedent

from runner.running import LIMITS, Runner
from runner.sandbox.inside.limits import MIB, Limits
from shared.models.runs import TestsRequested, TestsRun
from shared.packed_files import pack

TIGHT = replace(LIMITS, wall_seconds=40, memory_bytes=256 * MIB, processes=64, output_bytes=4096)


def request(files: dict[str, str | bytes], language: str = "python") -> TestsRequested:
    """Return a request for a project's files (content by path); text is dedented."""
    contents = {path: dedent(text).encode() if isinstance(text, str) else text for path, text in files.items()}
    return TestsRequested.model_validate(
        {"schema": "tests-requested/1", "project_id": "p", "language": language, "files": pack(contents)}
    )


def run(files: dict[str, str | bytes], limits: Limits = TIGHT) -> TestsRun:
    """Run a project in a sandbox."""
    return Runner(limits=limits).run(request(files))


def outcomes(ended: TestsRun) -> dict[str, str]:
    """Return the outcome of each test by its id."""
    assert not ended.not_run, ended.not_run
    return {test.id: test.outcome for test in ended.tests}
