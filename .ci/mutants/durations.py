"""A plug-in of pytest that writes how long each test that passed took to the file that MUTANTS_DURATIONS names."""

import json
import math
import os
from collections import defaultdict
from pathlib import Path

import pytest

_taken: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _taken[report.nodeid] += report.duration if report.passed else math.inf


def pytest_sessionfinish() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        finished = {test: taken for test, taken in _taken.items() if math.isfinite(taken)}
        Path(os.environ["MUTANTS_DURATIONS"]).write_text(json.dumps(finished), encoding="utf-8")
