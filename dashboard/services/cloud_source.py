"""The adapter of the port for AWS: it reads AWS's API, CloudWatch and the free tier's API."""

import dataclasses
from typing import TYPE_CHECKING, Final

from agenticai.client.cost.free_tier import FreeTierUse, read_free_tier_use
from agenticai.client.queues.model import AgentQueues, Attempt, QueueState
from agenticai.client.queues.stack_queues import list_queue_urls
from agenticai.dashboard.services.answer_cache import AnswerCache
from agenticai.dashboard.services.cloudwatch import CloudWatch, FunctionMinute
from agenticai.dashboard.services.doing import Doing
from agenticai.dashboard.services.sources import AwsSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agenticai.client.stack import DeployedStack
    from agenticai.dashboard.services.depths import DepthSeries
    from agenticai.dashboard.services.port import Missing

FREE_TIER_SECONDS: Final = 3600.0
"""How long an answer of the free tier's API is cached; AWS updates its figures a few times a day."""


class CloudSource(AwsSource):
    """Reports a stack on AWS. Each refresh asks SQS for its depths, and CloudWatch once a minute."""

    refresh_s = 10.0

    def __init__(self, stack: "DeployedStack") -> None:
        super().__init__(stack)
        client = stack.target.client
        queues, functions = list_queue_urls(stack.outputs), stack.outputs.function_names.values()
        self._metrics = CloudWatch(client("cloudwatch"), queues, functions)
        self._free_tier = AnswerCache(lambda: read_free_tier_use(client("freetier")), FREE_TIER_SECONDS)

    def queues(self) -> list[AgentQueues]:
        return [
            AgentQueues(state.agent, self._add_age(state.queue), self._add_age(state.dead_letters))
            for state in super().queues()
        ]

    def depths(self) -> "DepthSeries":
        return self._metrics.read_depths()

    def doing(self) -> "Mapping[str, Doing] | Missing":
        minutes = self._metrics.read_functions()
        return {
            short: _describe_minute(minutes[name]) if name in minutes else Doing()
            for short, name in self._stack.outputs.function_names.items()
        }

    def free_tier(self) -> "Sequence[FreeTierUse] | Missing":
        return self._free_tier.look()

    def _add_age(self, queue: QueueState) -> QueueState:
        return dataclasses.replace(
            queue, oldest_s=self._metrics.read_oldest_s(queue.name) if queue.depth.total else None
        )


def _describe_minute(minute: FunctionMinute) -> Doing:
    """Convert a function's last known minute to what it is doing."""
    failed = None
    if minute.errors:
        message = f"{minute.errors:,} of {minute.invocations:,} invocations failed in the minute before"
        failed = Attempt(minute.at, "Errors", message, "")
    return Doing(running=minute.running, throttled=minute.throttles, failed=failed)
