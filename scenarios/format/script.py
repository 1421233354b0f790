"""The steps of a scenario: each is a mapping with one key, which is the kind of step."""

import json
import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag

from agenticai.emulator.core.bench_records import AlarmState
from agenticai.scenarios.format.section import Duration, ProjectKey, Section
from agenticai.stack.outputs import Agent
from shared.models.workflow import ProjectStatus


class Create(Section):
    """Posts a project."""

    create: ProjectKey


class Settling(Section):
    """How far `settle` goes."""

    skip: bool = Field(default=True, description="skip time in which nothing is due")
    deliveries: int | None = Field(default=None, ge=1, description="stop after this many messages have been processed")


class Settle(Section):
    """Delivers messages until nothing is visible, in flight or running, or until a `hold` fault holds a call."""

    settle: Settling = Settling()


class Waiting(Section):
    """A project and the status to wait for."""

    project: ProjectKey
    status: ProjectStatus


class Wait(Section):
    """Delivers one message after the other until the project has the status; fails if nothing is left to deliver."""

    wait: Waiting


class Change(Section):
    """A project and the requirements of the change."""

    project: ProjectKey
    requirements: str


class Modify(Section):
    """Requests a change of a project."""

    modify: Change


class Retry(Section):
    """Retries the step that failed or got stuck."""

    retry: ProjectKey


class Deploy(Section):
    """Packages a project again."""

    deploy: ProjectKey


class Delete(Section):
    """Deletes a project."""

    delete: ProjectKey


class SentMessage(Section):
    """A message, and the agent whose queue gets it."""

    queue: Agent
    body: str | dict[str, Any] = Field(
        description="text, or a mapping to send as JSON; ${expenses} is replaced with the id of the project expenses"
    )
    times: int = Field(default=1, ge=1, le=1000, description="number of times to send it")
    delay: Duration = Field(default=0, ge=0, le=900, description="how long SQS delays it, up to 15m")


class Send(Section):
    """Sends a message to a queue."""

    send: SentMessage


class Advance(Section):
    """Advances the clock of the engine and of all functions."""

    advance: Duration


class Redrive(Section):
    """Moves all messages of an agent's dead-letter queue back to its queue."""

    redrive: Agent


class Purge(Section):
    """Empties an agent's dead-letter queue."""

    purge: Agent


class AwaitedAlarm(Section):
    """An alarm, by its name without `agenticai-` and the stage, and the state to wait for."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="name of the alarm, such as dev-dlq")
    state: AlarmState = "ALARM"
    within: Duration = Field(default=1800, gt=0, description="how far the clock may be advanced at most")


class AwaitAlarm(Section):
    """Advances the clock, a minute at a time, until a CloudWatch alarm has the state; fails if it never does."""

    alarm: AwaitedAlarm


class ApiCall(Section):
    """A request to the API of the deployed software, and the expected answer."""

    request: str = Field(
        pattern=r"^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S*$",
        description="method and path, as in GET /todos",
    )
    body: JsonValue = Field(default=None, description="text, or a value that is sent as JSON")
    status: int = Field(default=200, ge=100, le=599)
    answer: JsonValue = Field(
        default=None,
        description="expected text or JSON; of a mapping, only the given keys are checked; null checks nothing",
    )


class Provisioned(Section):
    """A project whose template is deployed, and the requests then sent to its API, in order."""

    project: ProjectKey
    calls: tuple[ApiCall, ...] = ()


def _read_provisioned(value: object) -> object:
    return {"project": value} if isinstance(value, str) else value


class Provision(Section):
    """Deploys the template that the factory wrote for a project, with its package, as a stack of its own."""

    provision: Annotated[
        Provisioned, BeforeValidator(_read_provisioned, json_schema_input_type=ProjectKey | Provisioned)
    ]


STEPS: Final = (
    *("create", "settle", "wait", "modify", "retry", "deploy", "delete"),
    *("send", "advance", "redrive", "purge", "alarm", "provision"),
)


_PLACEHOLDER: Final = re.compile(r"\$\{([^}]+)\}")
"""The placeholder for the id of a project in a message."""


def _find_step_name(step: object) -> str | None:
    """Return the one key of a step, whether it is being read or written."""
    keys = list(step) if isinstance(step, dict) else list(type(step).model_fields) if isinstance(step, Section) else []
    return keys[0] if len(keys) == 1 and keys[0] in STEPS else None


Step = Annotated[
    Annotated[Create, Tag("create")]
    | Annotated[Settle, Tag("settle")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Modify, Tag("modify")]
    | Annotated[Retry, Tag("retry")]
    | Annotated[Deploy, Tag("deploy")]
    | Annotated[Delete, Tag("delete")]
    | Annotated[Send, Tag("send")]
    | Annotated[Advance, Tag("advance")]
    | Annotated[Redrive, Tag("redrive")]
    | Annotated[Purge, Tag("purge")]
    | Annotated[AwaitAlarm, Tag("alarm")]
    | Annotated[Provision, Tag("provision")],
    Discriminator(
        _find_step_name,
        custom_error_type="step",
        custom_error_message=f"A step is a mapping with one key, which is one of {', '.join(STEPS)}",
    ),
]


def list_projects(step: Step) -> tuple[str, ...]:
    """Return the short names of the projects that a step, or its message, names."""
    match step:
        case Create(create=key) | Retry(retry=key) | Deploy(deploy=key) | Delete(delete=key):
            return (key,)
        case Wait(wait=about) | Modify(modify=about) | Provision(provision=about):
            return (about.project,)
        case Send(send=message):
            return tuple(name.partition(" ")[0] for name in _PLACEHOLDER.findall(json.dumps(message.body)))
        case _:
            return ()
