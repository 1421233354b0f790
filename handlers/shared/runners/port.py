"""The port to what runs generated software."""

from typing import Protocol

from shared.models.runs import TestsRequested, TestsRun


class RunnerEnded(Exception):
    """The tests ended the runner itself more than once; the message says how."""


class Runner(Protocol):
    """Runs a project's tests in isolation."""

    def run(self, request: TestsRequested) -> TestsRun:
        """Return the results of the tests, or why they were not run.

        Raises `shared.models.errors.Retryable` if the runner is not reachable, and `RunnerEnded`.
        """
        ...
