"""Adapters of the port: for a stack on an engine with a control API, and for one with the AWS API alone."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from agenticai.client.cost.use import UseReader, read_unmetered_use
from agenticai.client.model_cost import Model, find_model
from agenticai.client.queues.messages import KeptMessages
from agenticai.client.queues.model import AgentQueues, Attempt, DeadLetterPage, MoveProgress, RedriveResult
from agenticai.client.queues.stack_queues import StackQueues, list_queue_urls, make_sqs_messages
from agenticai.dashboard.services.answer_cache import AnswerCache
from agenticai.dashboard.services.depths import DepthSeries, EngineDepths, SampledDepths
from agenticai.dashboard.services.doing import Doing, EngineDoing, read_concurrency_limits
from agenticai.dashboard.services.model_calls import EngineCalls
from agenticai.dashboard.services.port import Bench, Missing, ObjectEntry
from agenticai.stack.target import Capability

if TYPE_CHECKING:
    from agenticai.client.cost.free_tier import FreeTierUse
    from agenticai.client.cost.use import StackUse
    from agenticai.client.stack import DeployedStack
    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.core.bench_records import ClockReading, MessagePage, QueuedMessage
    from agenticai.emulator.core.model_records import MissedReply, ModelExchange, StoredReply
    from agenticai.emulator.core.usage_records import FinishedInvocation, Usage

UNMETERED_SECONDS: Final = 60.0
"""How long it is cached what a stack stores; reading it takes a handful of calls."""

RECEIVED: Final = (
    "On this target, messages can be read only by receiving them: each look counts as a receive, and hides the messages"
    " from others for a moment."
)
NO_INVOCATIONS: Final = "This LocalStack was not started by AgenticAI and does not report what its functions do."
NO_STEPS: Final = "This target delivers messages on its own, in real time, and cannot be controlled."
NO_CONTROL: Final = (
    "Only an engine of `agenticai up` tells this, through its control API: this target has no control API, or it asks"
    " for a secret, which AGENTICAI_CONTROL_TOKEN gives."
)


NO_FREE_TIER: Final = "Only AWS reports an account's free tier use; this target is an emulator."


class AwsSource:
    """Reports what the AWS API alone provides, for any target."""

    refresh_s = 0.0
    looking = RECEIVED

    def __init__(self, stack: "DeployedStack", control: "ControlClient | None" = None) -> None:
        self.name = stack.target.name
        self._messages = KeptMessages(make_sqs_messages(stack.target, stack.outputs))
        self._queues = StackQueues.of(stack.target, stack.outputs, control, self._messages)
        self._samples = SampledDepths()
        self._unmetered = AnswerCache(lambda: read_unmetered_use(stack), UNMETERED_SECONDS)
        self._stack = stack
        self._control_if_any = control
        self._s3 = stack.target.client("s3")
        self._model: Model | None = None

    def close(self) -> None:
        """Do nothing: it has no connections of its own."""

    def queues(self) -> list[AgentQueues]:
        return self._queues.states()

    def depths(self) -> DepthSeries:
        return self._samples.look(self.queues())

    def messages(self, queue: str, after: str | None, limit: int) -> "MessagePage":
        return self._queues.page(queue, after=after, limit=limit)

    def look_again(self, queue: str) -> None:
        self._messages.forget(queue)

    def letters(self, agent: str, after: str | None, limit: int) -> DeadLetterPage:
        return self._queues.letters(agent, after=after, limit=limit)

    def redrive(self, agent: str, ids: Sequence[str]) -> Iterator[RedriveResult]:
        return self._queues.redrive(agent, ids)

    def redrive_all(self, agent: str, per_second: int | None) -> Iterator[MoveProgress]:
        return self._queues.redrive_all(agent, per_second)

    def delete(self, queue: str, ids: Sequence[str]) -> Iterator[str]:
        return self._queues.delete(queue, ids)

    def send_copy(self, agent: str, message: "QueuedMessage", body: str) -> str:
        return self._queues.send_copy(agent, message, body)

    def purge(self, queue: str) -> None:
        self._queues.purge(queue)

    def log_lines(self, agent: str, attempt: Attempt) -> list[str]:
        return self._queues.log_lines(agent, attempt)

    @property
    def bench(self) -> Bench | Missing:
        return Missing(NO_CONTROL)

    def clock(self) -> "ClockReading | Missing":
        return Missing(NO_CONTROL)

    def usage(self, project_id: str | None = None) -> "Usage | Missing":
        return Missing(NO_CONTROL)

    def usage_by_project(self) -> "Mapping[str, Usage] | Missing":
        return Missing(NO_CONTROL)

    def use(self) -> "StackUse":
        return self._unmetered.look()

    def free_tier(self) -> "Sequence[FreeTierUse] | Missing":
        return Missing(NO_FREE_TIER)

    def doing(self) -> "Mapping[str, Doing] | Missing":
        return Missing(NO_CONTROL)

    def invocations(self) -> "Sequence[FinishedInvocation] | Missing":
        return Missing(NO_CONTROL)

    def objects(self, prefix: str) -> list[ObjectEntry]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._stack.outputs.bucket_name, Prefix=prefix
        )
        entries = [entry for page in pages for entry in page.get("Contents", ())]
        return [ObjectEntry(entry["Key"], entry["Size"], entry["LastModified"]) for entry in entries]

    def content(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._stack.outputs.bucket_name, Key=key)["Body"].read()

    def model(self) -> Model:
        if self._model is None:  # it is the same for the life of the stack
            self._model = find_model(self._stack.target, self._stack.outputs, self._control_if_any)
        return self._model

    def model_calls(self) -> "Sequence[ModelExchange] | Missing":
        return Missing(NO_CONTROL)

    def missed_replies(self) -> "Sequence[MissedReply] | Missing":
        return Missing(NO_CONTROL)

    def store_reply(self, digest: str, text: str) -> "StoredReply | Missing":
        return Missing(NO_CONTROL)


class EngineSource(AwsSource):
    """Adds what the control API of an AgenticAI engine reports."""

    def __init__(self, stack: "DeployedStack", control: "ControlClient") -> None:
        super().__init__(stack, control)
        self._shows_contents = Capability.CONTENTS in stack.target.capabilities
        self._shows_invocations = Capability.INVOCATIONS in stack.target.capabilities
        self.looking = "" if self._shows_contents else RECEIVED
        self._control = control
        self._use = UseReader(stack, control)
        self._history = EngineDepths(control, list_queue_urls(stack.outputs))
        self._calls = EngineCalls(control)
        limits = functools.cache(lambda: read_concurrency_limits(stack.target.client("lambda"), stack.outputs))
        self._doing = EngineDoing(control, stack.outputs, self._queues, limits)

    def close(self) -> None:
        self._control.close()

    def depths(self) -> DepthSeries:
        return self._history.look() if self._shows_contents else super().depths()

    @property
    def bench(self) -> Bench | Missing:
        return self._control if Capability.STEPS in self._stack.target.capabilities else Missing(NO_STEPS)

    def clock(self) -> "ClockReading | Missing":
        return self._control.clock()

    def usage(self, project_id: str | None = None) -> "Usage | Missing":
        return self._control.usage(project_id)

    def usage_by_project(self) -> "Mapping[str, Usage] | Missing":
        _, projects = self._use.usage.look()
        return projects

    def use(self) -> "StackUse":
        return self._use.look()

    def doing(self) -> "Mapping[str, Doing] | Missing":
        return self._doing.look() if self._shows_invocations else Missing(NO_INVOCATIONS)

    def invocations(self) -> "Sequence[FinishedInvocation] | Missing":
        return self._control.invocations() if self._shows_invocations else Missing(NO_INVOCATIONS)

    def model_calls(self) -> "Sequence[ModelExchange] | Missing":
        return self._calls.look()

    def missed_replies(self) -> "Sequence[MissedReply] | Missing":
        return self._control.missed_replies()

    def store_reply(self, digest: str, text: str) -> "StoredReply | Missing":
        return self._control.store_reply(digest, text)
