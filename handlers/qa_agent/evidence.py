"""The results of a revision's tests, and what they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.models.plan import FileAction, Plan
from shared.models.quality import QualityReport
from shared.models.runs import Language, TestsRequested, TestsRun
from shared.packed_files import TooLarge, pack
from shared.runners.port import Runner, RunnerEnded
from shared.source_files import detect_language, is_test

LANGUAGES: Final[Mapping[Language, frozenset[str]]] = {
    "python": frozenset({"python"}),
    "node": frozenset({"javascript", "typescript"}),
}
"""The test runners, and the languages of the source files that each runs."""


@dataclass(frozen=True)
class Evidence:
    """The results of a revision's tests, the test files in its plan, and the reports on its earlier rounds."""

    runs: tuple[TestsRun, ...] = ()
    planned: frozenset[str] = frozenset()
    earlier: tuple[QualityReport, ...] = ()


def run_tests(runner: Runner, project_id: str, files: Mapping[str, bytes]) -> tuple[TestsRun, ...]:
    """Run the tests of each language that has any. Raises `shared.models.errors.Retryable`."""
    test_languages = {detect_language(path) for path in files if is_test(path)}
    return tuple(
        _run(runner, project_id, files, language) for language, sources in LANGUAGES.items() if test_languages & sources
    )


def _run(runner: Runner, project_id: str, files: Mapping[str, bytes], language: Language) -> TestsRun:
    try:
        return runner.run(TestsRequested(project_id=project_id, language=language, files=pack(files)))
    except TooLarge as reason:
        return TestsRun(language=language, not_run=str(reason))
    except RunnerEnded as ending:
        return TestsRun(language=language, trouble=f"The tests ended what runs them: {ending}.")


def find_planned_tests(plan: Plan) -> frozenset[str]:
    """Return the paths of the test files in a plan."""
    return frozenset(
        file.path
        for task in plan.tasks
        for file in task.files
        if file.action is not FileAction.DELETE and is_test(file.path)
    )


def find_weakened(runs: Sequence[TestsRun], earlier: Sequence[QualityReport]) -> dict[str, str]:
    """Return, by test id, how each test that failed in an earlier round checks less than it did then."""
    current_tests = {test.id: test for run in runs for test in run.tests}
    languages_run = {run.language for run in runs if not run.not_run}
    uncollected = {test.path for test in current_tests.values() if test.outcome == "error" and test.checks is None}
    weakened = {}
    for report in earlier:
        for run in report.runs:
            for test in run.tests if run.language in languages_run else ():
                if test.outcome not in ("failed", "error") or not test.checks:
                    continue
                current = current_tests.get(test.id)
                if current is None and test.path in uncollected:
                    continue
                if current is None:
                    weakened[test.id] = "was taken away"
                elif current.outcome == "skipped":
                    weakened[test.id] = "is skipped"
                elif current.checks is not None and current.checks < test.checks:
                    weakened[test.id] = f"checks {current.checks} things and no longer {test.checks}"
    return weakened
