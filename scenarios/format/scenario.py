"""A scenario: what is asked of the factory, what goes wrong meanwhile, and what is expected, read from a YAML file."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import Discriminator, Field, Tag, model_validator

from emulator.documents import Location, read_document
from emulator.faults.rules import CallFault, DeliveryFault
from scenarios.errors import InvalidScenario
from scenarios.format.expected import Expectation, ExpectedProject
from scenarios.format.script import Advance, Create, Delete, Settle, Settling, Step, projects_of
from scenarios.format.section import ProjectKey, Section
from shared.models.template import TemplateId

SCENARIOS: Final = Path(__file__).parents[1]
LIBRARY: Final = SCENARIOS / "library"
CASSETTES: Final = SCENARIOS / "cassettes"


class ScenarioProject(Section):
    """A project that a scenario posts: requirements, a template to begin from, or both."""

    name: str
    requirements: str | None = None
    template: TemplateId | None = Field(default=None, description="the id of a template to begin from")
    copies: int = Field(default=1, ge=1, le=200, description="how many are posted; a step is for all of them")

    @model_validator(mode="after")
    def _asks_for_something(self) -> "ScenarioProject":
        if self.requirements is None and self.template is None:
            raise ValueError("give requirements, a template, or both")
        return self


def _kind(fault: object) -> str | None:
    """What a fault is on, as its rule says: a call, unless it names a delivery."""
    if isinstance(fault, CallFault | DeliveryFault):
        return fault.when.on
    when: object = fault.get("when", {}) if isinstance(fault, dict) else None
    return str(when.get("on", "call")) if isinstance(when, dict) else None


ScenarioFault = Annotated[
    Annotated[CallFault, Tag("call")] | Annotated[DeliveryFault, Tag("delivery")],
    Discriminator(
        _kind,
        custom_error_type="fault",
        custom_error_message="A fault has a `when`, which is on a call or on a delivery, and a `then`",
    ),
]


class Scenario(Section):
    """A scenario file."""

    name: str = Field(description="the file's own, without .yaml")
    description: str = Field(description="one sentence")
    projects: dict[ProjectKey, ScenarioProject] = Field(min_length=1, description="each under a short name")
    steps: tuple[Step, ...] = Field(default=(), description="in order; left out, every project is created")
    faults: tuple[ScenarioFault, ...] = Field(default=(), description="what goes wrong, and when")
    expect: Expectation = Expectation()

    @property
    def script(self) -> tuple[Step, ...]:
        """The steps that are taken; after the last one all settles."""
        return self.steps or tuple(Create(create=key) for key in self.projects)

    @property
    def first(self) -> ScenarioProject:
        """The project that the file names first."""
        return next(iter(self.projects.values()))

    @property
    def needs_control(self) -> bool:
        """Whether only an engine with a control API can play it: faults, skipped time, single deliveries."""
        return bool(self.faults) or any(
            isinstance(step, Advance) or (isinstance(step, Settle) and step.settle != Settling()) for step in self.steps
        )

    def expected(self, key: str) -> ExpectedProject:
        """What must be true of a project; of one that no expectation names, that it completed or was deleted."""
        deleted = any(isinstance(step, Delete) and step.delete == key for step in self.steps)
        return self.expect.projects.get(key, ExpectedProject(gone=deleted))

    def copies_of(self, key: str) -> tuple[str, ...]:
        """The names of the projects that are posted under a short name."""
        copies = self.projects[key].copies
        return (key,) if copies == 1 else tuple(f"{key} {number}" for number in range(1, copies + 1))

    def key_of(self, name: str) -> str:
        """The short name of the project that a copy is of."""
        return name.partition(" ")[0]

    def misfits(self) -> Iterator[tuple[Location, str]]:
        """Where a project is named that is not in the file, or at that step not posted."""
        posted: set[str] = set()
        for at, step in enumerate(self.script):
            place: Location = ("steps", at)
            yield from (
                (place, f"There is no project {key!r} in this file") for key in self._unknown(projects_of(step))
            )
            if isinstance(step, Create):
                if step.create in posted:
                    yield place, f"The project {step.create!r} was created before; give it `copies` to post it again"
                posted.add(step.create)
            yield from (
                (place, f"The project {key!r} is not created before this step")
                for key in projects_of(step)
                if key not in posted
            )
        for part, named in (("projects", self.expect.projects), ("timeline", self.expect.timeline)):
            yield from (
                (("expect", part, key), f"There is no project {key!r} in this file") for key in self._unknown(named)
            )
        yield from (
            (("projects", key), f"The project {key!r} is created by no step")
            for key in self.projects
            if key not in posted
        )

    def _unknown(self, keys: Iterable[str]) -> Iterator[str]:
        return (key for key in keys if key not in self.projects)


def load(path: Path) -> Scenario:
    """Read a scenario; raises `InvalidScenario`, naming the file, the line and the field."""
    scenario: Scenario = read_document(path, Scenario, InvalidScenario, Scenario.misfits)
    return scenario
