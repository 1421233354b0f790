"""What runs produced software, as an agent asks it."""

from typing import Protocol

from shared.models.runs import TestsRequested, TestsRun


class RunnerEnded(Exception):
    """What was run ended the runner itself, more than once; the message says how."""


class Runner(Protocol):
    """Runs a project's tests where they can harm nothing."""

    def run(self, request: TestsRequested) -> TestsRun:
        """Return how the tests ended, or why they were not run.

        Raises `shared.models.errors.Retryable` where the runner is not in reach, and `RunnerEnded`.
        """
        ...
