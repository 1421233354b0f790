"""Runs tests with pytest, and reports the outcome of each. Imported only if pytest is available."""

from collections.abc import Callable, Generator, Mapping
from importlib import import_module
from typing import Any

import pytest

from .machinery import OF_PYTEST
from .reporting import Frames, shorten

Say = Callable[..., None]

OPTIONS = ("-q", "-p", "no:cacheprovider", "--rootdir=.", "-o", "addopts=", "--color=no", "--tb=native")
"""Options that override the project's own, such as coverage by a plug-in that is not installed."""

for _part in OF_PYTEST:  # pytest itself imports them only when it starts
    import_module(_part)


class Reporting:
    """A pytest plug-in that reports the outcome of each test, and what could not be collected."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._frames = Frames()
        self._outcome, self._message, self._seconds = "", "", 0.0
        self._error_frames: list[tuple[str, int, str]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin a test."""
        self._outcome, self._message, self._seconds, self._error_frames = "", "", 0.0, []
        self._say(began=make_dotted_id(nodeid))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Generator[None, Any, Any]:
        """Keep the frames of an exception, which only the call has."""
        report = yield
        if report.failed and call.excinfo is not None and not self._error_frames:
            self._error_frames = self._frames.list_frames(call.excinfo.tb)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Record a phase's outcome; the first failure counts, and a test without a call phase was skipped."""
        self._seconds += report.duration
        if report.failed and self._outcome not in ("failed", "error"):
            self._outcome = "failed" if report.when == "call" else "error"
            self._message = shorten(_describe_exception(report))
        elif not self._outcome and report.skipped:
            self._outcome, self._message = "skipped", _find_reason(report)
        elif not self._outcome and report.when == "call":
            self._outcome = "passed"

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """End a test."""
        line: Mapping[str, object] = {"seconds": self._seconds, "message": self._message, "frames": self._error_frames}
        self._say(test=make_dotted_id(nodeid), outcome=self._outcome or "failed", **line)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report: Any) -> None:
        """Report a file that could not be collected, or was skipped as a whole."""
        if report.failed:
            self._say(
                test=make_dotted_id(report.nodeid), outcome="error", seconds=0, message=shorten(report.longreprtext)
            )
        elif report.skipped:
            test_id = f"unittest.loader.ModuleSkipped.{make_dotted_id(report.nodeid)}"
            self._say(test=test_id, outcome="skipped", seconds=0, message=_find_reason(report))


def _describe_exception(report: Any) -> str:
    """Return the exception without its traceback, which is in the frames."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message) if crash is not None else str(report.longreprtext)


def _find_reason(report: Any) -> str:
    xfail_reason = getattr(report, "wasxfail", None)
    if xfail_reason is not None:
        return f"It failed, as it was expected to. {xfail_reason}".strip()
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


def make_dotted_id(nodeid: str) -> str:
    """Return pytest's id of a test in unittest's form: `tests.test_x.TestY.test_z[1]`."""
    path, _, rest = nodeid.partition("::")
    name, bracket, parameters = rest.partition("[")
    module = path.removesuffix(".py").replace("/", ".")
    return ".".join(filter(None, (module, name.replace("::", ".")))) + bracket + parameters


def run(*plugins: object, options: tuple[str, ...] = ()) -> int:
    """Run all tests that pytest finds; return its exit status."""
    return int(pytest.main([*OPTIONS, *options], plugins=list(plugins)))
