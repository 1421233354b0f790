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
    project_type: str | None = Field(default=None, description="type of its package")
    min_score: float | None = Field(default=None, ge=0, le=100)
    max_score: float | None = Field(default=None, ge=0, le=100)
    files: tuple[str, ...] = Field(default=(), description="paths that must exist")
    absent: tuple[str, ...] = Field(default=(), description="paths that must not exist")
    tests: Literal["python", "node", "none"] = Field(
        default="none", description="language of the project's own tests, which must pass"
    )
    failure: re.Pattern[str] | None = Field(
        default=None, description="regular expression to find in the reason of its failure"
    )
    gone: bool = Field(default=False, description="the project must be deleted; nothing else is checked")


class Bounds(Section):
    """The minimum and the maximum of a figure."""

    min: float | None = Field(default=None, ge=0)
    max: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _require_bound(self) -> "Bounds":
        if self.min is None and self.max is None:
            raise ValueError("give min, max, or both")
        return self


class ExpectedDeadLetters(Section):
    """What a dead-letter queue holds."""

    count: Annotated[int, Field(ge=0)] | Bounds
    body: re.Pattern[str] | None = Field(default=None, description="regular expression to find in every message")


def _read_count(value: object) -> object:
    return {"count": value} if isinstance(value, int) else value


Service = Literal["dynamodb", "execute-api", "s3", "sqs", "ssm"]
"""The services that the factory uses, under their SigV4 signing names."""

DeadLetters = Annotated[
    ExpectedDeadLetters, BeforeValidator(_read_count, json_schema_input_type=int | ExpectedDeadLetters)
]


class Expectation(Section):
    """What must be true when everything has settled."""

    projects: dict[ProjectKey, ExpectedProject] = Field(
        default={}, description="a project that is left out must be COMPLETED, or gone if a step deleted it"
    )
    dead_letters: dict[Agent, DeadLetters] = Field(
        default={},
        description="number of messages, or their `count` and `body`; a queue that is left out must be empty",
    )
    alarms: dict[str, AlarmState] = Field(
        default={}, description="the states of CloudWatch alarms, by their names without `agenticai-` and the stage"
    )
    timeline: dict[ProjectKey, tuple[ProjectStatus, ...]] = Field(
        default={}, description="the statuses of a project in order, repeated ones written once"
    )
    calls: dict[Service, Bounds] = Field(
        default={}, description="number of AWS calls for all projects together, by service"
    )
    gb_seconds: Bounds | None = Field(
        default=None, description="GB-seconds used by the functions, for all projects together"
    )
    cost_usd: Bounds | None = Field(
        default=None, description="cost of these calls and GB-seconds on AWS, ignoring the free tier"
    )
    fired: Literal["all"] | Annotated[int, Field(ge=0)] = Field(
        default="all", description="how many of the fault rules were applied"
    )
