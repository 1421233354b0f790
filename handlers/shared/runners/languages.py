"""Runners by language, asked as one."""

from collections.abc import Mapping

from shared.models.runs import Language, TestsRequested, TestsRun
from shared.runners.port import Runner


class LanguageRunners:
    """Asks the runner of the language that a request names."""

    def __init__(self, runners: Mapping[Language, Runner]) -> None:
        self._runners = runners

    def run(self, request: TestsRequested) -> TestsRun:
        """Return how the tests ended; see `shared.runners.port.Runner`."""
        return self._runners[request.language].run(request)
