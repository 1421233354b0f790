"""The control client of an engine that delivers messages automatically; unsupported calls skip the test."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.bench_records import ClockReading, Dispatch, Settled
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.faults.rules import Fault, needs_steering

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

LOOK_SECONDS: Final = 0.2
CALM_LOOKS: Final = 2
"""How often all queues must look empty: they are read in turn, so a moving message may be missed once, not twice."""

COUNTS: Final["tuple[QueueAttributeNameType, ...]"] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class RealTimeControl(ControlClient):
    """Skips tests that need controlled deliveries or skipped time; `settle` waits in real time."""

    def __init__(
        self,
        endpoint_url: str,
        token: str | None,
        engine: str,
        client: Callable[[str], Any],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(endpoint_url, token=token)
        self._engine = engine
        self._sqs: SQSClient = client("sqs")
        self._lambda: LambdaClient = client("lambda")
        self._wait = wait

    def dispatch(self, mode: Dispatch) -> None:
        """Accept `free`, which is how messages are delivered here; skip the test for any other mode."""
        if mode != "free":
            self._skip(f"dispatch({mode!r})")

    def settle(self, *, deliveries: int | None = None, skip: bool = True, timeout_s: float = 60.0) -> Settled:
        """Wait until the queues that functions read are empty, with nothing in flight or delayed, and no function runs.

        Running functions are checked only if the engine knows them; with `deliveries=0` it waits for them alone. `skip`
        has no effect. Raises ControlError after `timeout_s`; skips tests that ask for a number of deliveries.
        """
        if deliveries:
            self._skip(f"settle(deliveries={deliveries})")
        deadline, idle_looks = time.monotonic() + timeout_s, 0
        while idle_looks < CALM_LOOKS:
            busy = (self._describe_waiting() if deliveries is None else "") or self._describe_running()
            idle_looks = 0 if busy else idle_looks + 1
            if busy and time.monotonic() > deadline:
                raise ControlError(f"{self._engine} was still busy after {timeout_s:g} s: {busy}.")
            self._wait(LOOK_SECONDS)
        return Settled(quiet=True, held=False, deliveries=0, skipped_s=0)

    def advance(self, seconds: float) -> ClockReading:
        """Skip the test: time cannot be skipped here."""
        self._skip("advance")

    def faults(self, schedule: Sequence[Fault]) -> None:
        """Set the fault rules, or skip the test if one of them needs controlled deliveries."""
        for rule in filter(needs_steering, schedule):
            self._skip(f"fault {rule.then.do!r}")
        super().faults(schedule)

    def _describe_waiting(self) -> str:
        """Return the queue that holds messages; empty if none does."""
        for url in read_queues(self._lambda, self._sqs):
            attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"]
            if waiting := sum(int(attributes[count]) for count in COUNTS):
                return f"{url.rpartition('/')[2]} holds {waiting} message{'s' if waiting > 1 else ''}"
        return ""

    def _describe_running(self) -> str:
        """Return the function that runs; empty if none does."""
        running = [activity.function for activity in self.activity() if activity.running]
        return f"{running[0]} runs" if running else ""

    def _skip(self, feature: str) -> NoReturn:
        pytest.skip(f"{self._engine} cannot skip time, delivers messages on its own, and does not support {feature}")


def read_queues(functions: "LambdaClient", sqs: "SQSClient") -> Iterator[str]:
    """Yield the URL of each queue that an event source mapping reads for a function."""
    names: Collection[str] = {
        arn.rpartition(":")[2]
        for page in functions.get_paginator("list_event_source_mappings").paginate()
        for mapping in page["EventSourceMappings"]
        if ":sqs:" in (arn := mapping.get("EventSourceArn", ""))
    }
    for name in sorted(names):
        yield sqs.get_queue_url(QueueName=name)["QueueUrl"]
