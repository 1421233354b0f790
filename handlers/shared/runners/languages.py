"""Combines the runners of several languages."""

from collections.abc import Mapping

from shared.models.runs import Language, TestsRequested, TestsRun
from shared.runners.port import Runner


class LanguageRunners:
    """Delegates to the runner for a request's language."""

    def __init__(self, runners: Mapping[Language, Runner]) -> None:
        self._runners = runners

    def run(self, request: TestsRequested) -> TestsRun:
        """Return the results of the tests; see `shared.runners.port.Runner`."""
        return self._runners[request.language].run(request)
