"""A plug-in of pytest that notes how long each test took, and which lines run when a file of tests is imported."""

import json
import math
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

_taken: dict[str, float] = defaultdict(float)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Name the file as the context of what its import runs: it may keep that for its tests."""
    recording = Coverage.current() if isinstance(collector, pytest.Module) else None
    if recording:
        recording.switch_context(f"{collector.nodeid}|import")
    report = yield
    if recording:
        recording.switch_context("")
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add what a part of a test took; one that does not pass decides nothing."""
    _taken[report.nodeid] += report.duration if report.passed else math.inf


def pytest_sessionfinish() -> None:
    """Write the durations to the file that MUTANTS_DURATIONS names."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        passed = {test: taken for test, taken in _taken.items() if math.isfinite(taken)}
        Path(os.environ["MUTANTS_DURATIONS"]).write_text(json.dumps(passed), encoding="utf-8")
