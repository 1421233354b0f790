"""What a project came to is held to what its scenario expects."""

from dataclasses import replace
from datetime import UTC, datetime

from scenarios.proof import TestRun
from scenarios.run import Outcome, faults
from scenarios.scenario import Expectation
from shared.models.project import Failure, Revision, TokenUsage
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

AT = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = ProjectView(
    id="0" * 26,
    name="demo",
    requirements="A program.",
    template=None,
    status=ProjectStatus.COMPLETED,
    revision=Revision(build=1, round=2),
    created_at=AT,
    updated_at=AT,
    score=90,
    failure=None,
    tokens=TokenUsage(),
)
OUTCOME = Outcome(PROJECT, "package", frozenset({"a.py", "b.py"}), TestRun(True, 3, "3 ran"))
EXPECT = Expectation(
    revision="1.2", project_type="package", min_score=90, files=("a.py",), absent=("c.py",), tests="python"
)


def test_what_is_as_expected_has_no_faults() -> None:
    assert list(faults(EXPECT, OUTCOME)) == []
    assert list(faults(Expectation(), replace(OUTCOME, project_type=None, tests=None))) == []


def test_each_thing_that_is_not_as_expected_is_said() -> None:
    failed = PROJECT.model_copy(
        update={
            "status": ProjectStatus.FAILED,
            "revision": Revision(build=1),
            "score": None,
            "failure": Failure(step="pm", reason="no plan"),
        }
    )
    outcome = Outcome(failed, "static-site", frozenset({"c.py"}), TestRun(False, 3, "one failed"))
    assert list(faults(EXPECT, outcome)) == [
        "The project ended as FAILED and not as COMPLETED: no plan",
        "Its revision is 1.0 and not 1.2.",
        "It was packaged as static-site and not as package.",
        "Its score of None is under 90.",
        "a.py is missing.",
        "c.py should not be there.",
        "Its own tests do not pass:\none failed",
    ]
