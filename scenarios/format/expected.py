"""What a scenario file expects at its end; what is left out is not checked, unless a default says so."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from agenticai.emulator.core.bench_records import AlarmState
from agenticai.scenarios.format.section import ProjectKey, Section
from agenticai.stack.outputs import Agent
from shared.models.workflow import ProjectStatus


class ExpectedProject(Section):
    """What must be true of a project."""

    status: ProjectStatus = ProjectStatus.COMPLETED
    revision: str | None = Field(default=None, pattern=r"^\d+\.\d+$", description="build and repair round, as in 1.2")
    project_type: str | None = Field(default=None, description="what it was packaged as")
    min_score: float | None = Field(default=None, ge=0, le=100)
    max_score: float | None = Field(default=None, ge=0, le=100)
    files: tuple[str, ...] = Field(default=(), description="paths that exist")
    absent: tuple[str, ...] = Field(default=(), description="paths that do not")
    tests: Literal["python", "node", "none"] = Field(default="none", description="the project's own, which must pass")
    failure: re.Pattern[str] | None = Field(default=None, description="a regular expression found in the reason")
    gone: bool = Field(default=False, description="it is deleted, and nothing else is looked at")


class Bounds(Section):
    """The least and the most that a figure may be."""

    min: float | None = Field(default=None, ge=0)
    max: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _bounds_something(self) -> "Bounds":
        if self.min is None and self.max is None:
            raise ValueError("give min, max, or both")
        return self


class ExpectedDeadLetters(Section):
    """What a dead-letter queue holds."""

    count: Annotated[int, Field(ge=0)] | Bounds
    body: re.Pattern[str] | None = Field(default=None, description="a regular expression found in every message")


def _read_count(value: object) -> object:
    return {"count": value} if isinstance(value, int) else value


Service = Literal["dynamodb", "execute-api", "s3", "sqs", "ssm"]
"""The services that the factory uses, under their SigV4 signing names."""

DeadLetters = Annotated[
    ExpectedDeadLetters, BeforeValidator(_read_count, json_schema_input_type=int | ExpectedDeadLetters)
]


class Expectation(Section):
    """What must be true when all has settled."""

    projects: dict[ProjectKey, ExpectedProject] = Field(
        default={}, description="a project that is left out must be COMPLETED, or gone if a step deleted it"
    )
    dead_letters: dict[Agent, DeadLetters] = Field(
        default={}, description="a number of messages, or a count and what they say; a queue that is left out is empty"
    )
    alarms: dict[str, AlarmState] = Field(
        default={}, description="the states of CloudWatch alarms, by their names without `agenticai-` and the stage"
    )
    timeline: dict[ProjectKey, tuple[ProjectStatus, ...]] = Field(
        default={}, description="the statuses of a project in order, repeated ones written once"
    )
    calls: dict[Service, Bounds] = Field(default={}, description="AWS calls for all projects together, by service")
    gb_seconds: Bounds | None = Field(default=None, description="what the functions took, for all projects together")
    cost_usd: Bounds | None = Field(default=None, description="what that costs on AWS beyond the free tier")
    fired: Literal["all"] | Annotated[int, Field(ge=0)] = Field(
        default="all", description="how many of the fault rules were applied"
    )
