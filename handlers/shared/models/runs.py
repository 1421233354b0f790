"""The runner's requests and answers: a project's files, and the outcome of each of its tests."""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from shared.models.base import Model

MOST_TESTS: Final = 1_000
"""Maximum tests in a result, beginning with those that did not pass."""

SPENT: Final = 75
"""The exit status of a runner's environment that has already had its only run without a sandbox."""

Language = Literal["python", "node"]
Outcome = Literal["passed", "failed", "error", "skipped"]
Message = Annotated[str, StringConstraints(max_length=4_000)]


class TestsRequested(Model):
    """Run the tests of a project. `files` are packed by `shared.packed_files`; `project_id` is the project's.

    With `weakness`, functions are emptied afterwards to see whether the tests notice.
    """

    __test__ = False
    schema_: Literal["tests-requested/1"] = Field(default="tests-requested/1", alias="schema")
    project_id: str
    language: Language
    files: str
    weakness: bool = True


class ProjectFrame(Model):
    """A line of the project in a failure's traceback."""

    path: str
    line: int = Field(ge=1)
    function: str


class TestedTest(Model):
    """The outcome of one test, and where it is written; `checks` is how many checks it makes, None if not known."""

    __test__ = False
    id: str
    outcome: Outcome
    seconds: float = Field(default=0, ge=0)
    message: Message = ""
    path: str = ""
    """Empty if unknown."""
    line: int = Field(default=1, ge=1)
    checks: int | None = Field(default=None, ge=0)
    frames: tuple[ProjectFrame, ...] = ()
    """Outermost first."""


class Emptied(Model):
    """A function that was emptied to see whether the tests notice."""

    path: str
    line: int = Field(ge=1)
    name: str
    called: bool
    """Whether the tests called it."""
    noticed: bool
    """Whether a test failed when it was emptied."""


class TestsRun(Model):
    """The results of a project's tests; if nothing was run, `not_run` is the rest of "not run: ..."."""

    __test__ = False
    schema_: Literal["tests-run/1"] = Field(default="tests-run/1", alias="schema")
    language: Language
    not_run: str = ""
    trouble: str = ""
    """Why the tests prove nothing although none failed."""
    tests: tuple[TestedTest, ...] = ()
    collected: int = Field(default=0, ge=0)
    """Number of tests with a result, including those not listed."""
    written: tuple[str, ...] = ()
    """Paths of the files that contain tests."""
    emptied: tuple[Emptied, ...] = ()
    output: str = ""
    """What the tests printed, shortened."""
    contained: bool = True
    """Whether the tests ran in a sandbox of their own."""
