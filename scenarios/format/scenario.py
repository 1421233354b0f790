"""A scenario: requests to the factory, faults meanwhile, and the expected end, read from a YAML file."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import Discriminator, Field, Tag, model_validator

from agenticai.emulator.core.documents import Location, read_document
from agenticai.emulator.faults.rules import CallFault, DeliveryFault, Hang, Kill, find_kind, needs_steering
from agenticai.scenarios.format.errors import InvalidScenario
from agenticai.scenarios.format.expected import Expectation, ExpectedProject
from agenticai.scenarios.format.script import Advance, AwaitAlarm, Create, Delete, Settle, Settling, Step, list_projects
from agenticai.scenarios.format.section import ProjectKey, Section
from agenticai.stack.outputs import AGENTS, FUNCTIONS
from agenticai.stack.target import Capability
from shared.models.template import TemplateId

SCENARIOS: Final = Path(__file__).parents[1]
LIBRARY: Final = SCENARIOS / "library"
CASSETTES: Final = SCENARIOS / "cassettes"

_PATTERN: Final = re.compile(r"[*?[]")
"""The characters that make a name a shell pattern; a pattern matches the deployed names of functions and queues."""


class ScenarioProject(Section):
    """A project that a scenario posts: requirements, a template to begin from, or both."""

    name: str
    requirements: str | None = None
    template: TemplateId | None = Field(default=None, description="id of the template to begin from")
    copies: int = Field(
        default=1, ge=1, le=200, description="number of copies to post; each step applies to all of them"
    )

    @model_validator(mode="after")
    def _require_input(self) -> "ScenarioProject":
        if self.requirements is None and self.template is None:
            raise ValueError("give requirements, a template, or both")
        return self


ScenarioFault = Annotated[
    Annotated[CallFault, Tag("call")] | Annotated[DeliveryFault, Tag("delivery")],
    Discriminator(
        find_kind,
        custom_error_type="fault",
        custom_error_message="A fault has a `when`, which is on a call or on a delivery, and a `then`",
    ),
]


class Scenario(Section):
    """A scenario file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="name of the file without .yaml")
    description: str = Field(description="one sentence")
    projects: dict[ProjectKey, ScenarioProject] = Field(
        min_length=1, description="the projects, each under a short name"
    )
    steps: tuple[Step, ...] = Field(default=(), description="steps in order; by default, every project is created")
    faults: tuple[ScenarioFault, ...] = Field(default=(), description="what goes wrong, and when")
    skips_time: bool = Field(
        default=False,
        description="ends only after hours, for example of a visibility timeout, so the target must skip time",
    )
    expect: Expectation = Expectation()

    @property
    def script(self) -> tuple[Step, ...]:
        """The steps to take; after the last one the scenario settles."""
        return self.steps or tuple(Create(create=key) for key in self.projects)

    @property
    def first(self) -> ScenarioProject:
        """The first project in the file."""
        return next(iter(self.projects.values()))

    @property
    def needs(self) -> frozenset[Capability]:
        """The capabilities that a target must have: to apply faults, and to skip time and deliver messages one by one.

        After a function was killed, or not answered, its message is redelivered only after the visibility timeout.
        """
        steered = any(
            isinstance(step, Advance | AwaitAlarm) or (isinstance(step, Settle) and step.settle != Settling())
            for step in self.steps
        ) or any(needs_steering(fault) or isinstance(fault.then, (Kill, Hang)) for fault in self.faults)
        needed = {Capability.STEPS: steered or self.skips_time, Capability.CONTROL: bool(self.faults)}
        return frozenset(capability for capability, is_needed in needed.items() if is_needed)

    def find_expected(self, key: str) -> ExpectedProject:
        """Return the expectation of a project; by default that it is completed, or deleted."""
        deleted = any(isinstance(step, Delete) and step.delete == key for step in self.steps)
        return self.expect.projects.get(key, ExpectedProject(gone=deleted))

    def list_copies(self, key: str) -> tuple[str, ...]:
        """Return the names of the projects that are posted under a short name."""
        copies = self.projects[key].copies
        return (key,) if copies == 1 else tuple(f"{key} {number}" for number in range(1, copies + 1))

    def find_key(self, name: str) -> str:
        """Return the short name of the project from the name of one of its copies."""
        return name.partition(" ")[0]

    def find_misfits(self) -> Iterator[tuple[Location, str]]:
        """Yield each unknown name with its location: of a project, a project that is not created yet, or an agent."""
        yield from self._find_step_misfits()
        yield from self._find_fault_misfits()
        for part, expected in (("projects", self.expect.projects), ("timeline", self.expect.timeline)):
            yield from (
                (("expect", part, key), f"There is no project {key!r} in this file")
                for key in self._find_unknown(expected)
            )

    def _find_step_misfits(self) -> Iterator[tuple[Location, str]]:
        created: set[str] = set()
        for index, step in enumerate(self.script):
            location: Location = ("steps", index)
            for key in self._find_unknown(list_projects(step)):
                yield location, f"There is no project {key!r} in this file"
            if isinstance(step, Create):
                if step.create in created:
                    yield location, f"The project {step.create!r} was created before; give it `copies` to post it again"
                created.add(step.create)
            for key in list_projects(step):
                if key not in created:
                    yield location, f"The project {key!r} is not created before this step"
        for key in self.projects:
            if key not in created:
                yield ("projects", key), f"No step creates the project {key!r}"

    def _find_fault_misfits(self) -> Iterator[tuple[Location, str]]:
        for index, fault in enumerate(self.faults):
            field, names = ("function", FUNCTIONS) if isinstance(fault, CallFault) else ("queue", AGENTS)
            name: str = getattr(fault.when, field)
            if name not in names and not _PATTERN.search(name):
                yield ("faults", index, "when", field), f"There is no {field} {name!r}: use {', '.join(names)}, or '*'"

    def _find_unknown(self, keys: Iterable[str]) -> Iterator[str]:
        return (key for key in keys if key not in self.projects)


def load(path: Path) -> Scenario:
    """Read a scenario. Raises `InvalidScenario`, which names the file, the line and the field."""

    def misfits(scenario: Scenario) -> Iterator[tuple[Location, str]]:
        if scenario.name != path.stem:
            yield ("name",), f"It should be {path.stem}, the name of the file"
        yield from scenario.find_misfits()

    scenario: Scenario = read_document(path, Scenario, InvalidScenario, misfits)
    return scenario
