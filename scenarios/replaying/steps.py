"""Takes the steps of a scenario, through the factory's API, AWS's API, and the engine's control API."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Final

from agenticai.client.api import ProjectsApi
from agenticai.client.queues.model import Depth
from agenticai.emulator.core.bench_records import AlarmState
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import StepFailed
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.format.script import (
    Advance,
    AwaitAlarm,
    AwaitedAlarm,
    Create,
    Delete,
    Deploy,
    Modify,
    Provision,
    Purge,
    Redrive,
    Retry,
    Send,
    Settle,
    Step,
    Wait,
)
from agenticai.scenarios.invariants.reading import read_items
from agenticai.scenarios.replaying.pace import Pace
from agenticai.scenarios.replaying.provision import provision
from agenticai.stack.outputs import Agent
from agenticai.stack.waiting import pause
from shared.models.events import TimelineEvent
from shared.models.workflow import ProjectStatus

MOVE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1

MINUTE: Final = 60
"""The interval in seconds at which CloudWatch evaluates an alarm."""


@dataclass
class RunningScenario:
    """A running scenario, with its clients and its state.

    `ids` has the id of every copy that was posted, `last_seen` the timelines of the deleted ones, and `left_out` the
    steps that this target cannot take; `unsafe_run` runs produced code even without a sandbox.
    """

    bench: Bench
    api: ProjectsApi
    pace: Pace
    scenario: Scenario
    ids: dict[str, str] = field(default_factory=dict)
    last_seen: dict[str, tuple[TimelineEvent, ...]] = field(default_factory=dict)
    skipped_s: float = 0.0
    left_out: list[str] = field(default_factory=list)
    unsafe_run: bool = False

    def list_ids(self, key: str) -> Iterator[str]:
        """Return the ids of all copies of a project."""
        return (self.ids[name] for name in self.scenario.list_copies(key))

    def read_status(self, project_id: str) -> ProjectStatus | None:
        """Return the stored status, read without the API, so that the read is not measured."""
        items = read_items(self.bench.target.client("dynamodb"), self.bench.outputs.table_name, project_id)
        return items.metadata.status if items.metadata else None


@singledispatch
def take_step(step: Step, running: RunningScenario) -> None:
    """Take one step. Raises `ScenarioError`, `EngineError`, or botocore's errors."""
    raise NotImplementedError(f"Nothing says how {step!r} is taken.")


@take_step.register
def _(step: Create, running: RunningScenario) -> None:
    project = running.scenario.projects[step.create]
    for name in running.scenario.list_copies(step.create):
        running.ids[name] = running.api.create(project.name, project.requirements, project.template).id


@take_step.register
def _(step: Settle, running: RunningScenario) -> None:
    running.skipped_s += running.pace.settle(step.settle).skipped_s


@take_step.register
def _(step: Wait, running: RunningScenario) -> None:
    for project_id in running.list_ids(step.wait.project):
        _await_status(running, project_id, step.wait.status)


@take_step.register
def _(step: Modify, running: RunningScenario) -> None:
    for project_id in running.list_ids(step.modify.project):
        running.api.modify(project_id, step.modify.requirements)


@take_step.register
def _(step: Retry, running: RunningScenario) -> None:
    for project_id in running.list_ids(step.retry):
        running.api.retry(project_id)


@take_step.register
def _(step: Deploy, running: RunningScenario) -> None:
    for project_id in running.list_ids(step.deploy):
        running.api.deploy(project_id)


@take_step.register
def _(step: Delete, running: RunningScenario) -> None:
    for name in running.scenario.list_copies(step.delete):
        running.last_seen[name] = tuple(running.api.list_events(running.ids[name]))
        running.api.delete(running.ids[name])


@take_step.register
def _(step: Send, running: RunningScenario) -> None:
    message, sqs = step.send, running.bench.target.client("sqs")
    body = message.body if isinstance(message.body, str) else json.dumps(message.body)
    for name, project_id in running.ids.items():
        body = body.replace(f"${{{name}}}", project_id)
    url = running.bench.outputs.queue_urls[message.queue]
    for _ in range(message.times):
        sqs.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=round(message.delay))


@take_step.register
def _(step: Advance, running: RunningScenario) -> None:
    running.pace.advance(step.advance)
    running.skipped_s += step.advance


@take_step.register
def _(step: Redrive, running: RunningScenario) -> None:
    _redrive(running.bench, step.redrive)


@take_step.register
def _(step: Purge, running: RunningScenario) -> None:
    url = running.bench.outputs.dead_letter_queue_urls[step.purge]
    running.bench.target.client("sqs").purge_queue(QueueUrl=url)


@take_step.register
def _(step: AwaitAlarm, running: RunningScenario) -> None:
    _await_alarm(running, step.alarm)


@take_step.register
def _(step: Provision, running: RunningScenario) -> None:
    for project_id in running.list_ids(step.provision.project):
        reason = provision(running.bench, running.api, project_id, step.provision.calls)
        running.left_out += [f"provision {step.provision.project}: {reason}"] if reason else []


def _await_status(running: RunningScenario, project_id: str, expected: ProjectStatus) -> None:
    while (status := running.read_status(project_id)) is not expected:
        settled = running.pace.next()
        running.skipped_s += settled.skipped_s
        if settled.quiet and not settled.deliveries:
            raise StepFailed(f"nothing is left to be delivered, and the project is {status} and not {expected}")


def _await_alarm(running: RunningScenario, alarm: AwaitedAlarm) -> None:
    waited = 0
    while (state := read_alarm(running.bench, alarm.name)) != alarm.state:
        if waited >= alarm.within:
            raise StepFailed(f"the alarm {alarm.name} is {state} and not {alarm.state} after {waited // MINUTE} min")
        running.pace.advance(MINUTE)
        running.skipped_s += MINUTE
        waited += MINUTE


def read_alarm(bench: Bench, name: str) -> AlarmState:
    """Return the state of `agenticai-NAME-STAGE`. Raises StepFailed when the stack has no such alarm, or botocore's."""
    full_name = f"agenticai-{name}-{bench.outputs.stage}"
    alarms = bench.target.client("cloudwatch").describe_alarms(AlarmNames=[full_name])["MetricAlarms"]
    if not alarms:
        raise StepFailed(f"the stack has no alarm {full_name}; docs/runbook.md lists those that there are")
    return alarms[0]["StateValue"]


def _redrive(bench: Bench, agent: Agent) -> None:
    """Start the redrive, and wait until the dead-letter queue is empty, as SQS moves messages in the background."""
    sqs, url = bench.target.client("sqs"), bench.outputs.dead_letter_queue_urls[agent]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.start_message_move_task(SourceArn=arn)
    for _ in range(round(MOVE_SECONDS / POLL_SECONDS)):
        if not Depth.of(sqs, url).total:
            return
        pause(POLL_SECONDS)
    raise StepFailed(f"the {agent} dead-letter queue was not empty {MOVE_SECONDS:g} seconds after its redrive began")
