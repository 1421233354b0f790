"""A scenario: what is asked of the factory and what is expected of it, read from a YAML file."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from emulator.documents import read_document
from scenarios.errors import InvalidScenario
from shared.models.workflow import ProjectStatus

HERE: Final = Path(__file__).parent
LIBRARY: Final = HERE / "library"
CASSETTES: Final = HERE / "cassettes"


class Section(BaseModel):
    """A part of a scenario file: nothing in it is unknown, and nothing in it changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScenarioProject(Section):
    """The project that a scenario posts."""

    name: str
    requirements: str


class ScenarioChange(Section):
    """A change that is asked for when the build before it has ended."""

    requirements: str


class Expectation(Section):
    """What must be true of the project at its end; what is left out is not looked at."""

    status: ProjectStatus = ProjectStatus.COMPLETED
    revision: str | None = Field(default=None, pattern=r"^\d+\.\d+$", description="build and repair round, as in 1.2")
    project_type: str | None = None
    min_score: float = Field(default=0, ge=0, le=100)
    files: tuple[str, ...] = Field(default=(), description="paths that exist")
    absent: tuple[str, ...] = Field(default=(), description="paths that do not")
    tests: Literal["python", "node", "none"] = Field(default="none", description="the project's own, which must pass")


class Scenario(Section):
    """A scenario file."""

    name: str
    description: str
    project: ScenarioProject
    changes: tuple[ScenarioChange, ...] = ()
    expect: Expectation = Expectation()


def load(path: Path) -> Scenario:
    """Read a scenario; raises `InvalidScenario`, naming the file, the line and the field."""
    return read_document(path, Scenario, InvalidScenario)
