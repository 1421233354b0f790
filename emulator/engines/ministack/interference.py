"""What faults can do to running functions: identify the caller, kill, redeliver and hold."""

import asyncio
import contextlib
import uuid
from typing import Any

from agenticai.emulator.engines.ministack.workers import LambdaHost


class RunningFunctions:
    """The functions' environments, by the session token of their calls."""

    def __init__(self, host: LambdaHost) -> None:
        self._host = host

    def find_function(self, token: str) -> str | None:
        """Return the name of the function whose environment has this token."""
        worker = self._host.workers.get(token)
        return worker.func_name if worker else None

    async def kill(self, token: str) -> None:
        """End the environment's process; it is gone when this returns."""
        if worker := self._host.workers.get(token):
            await asyncio.to_thread(worker.kill)

    async def deliver_again(self, token: str) -> None:
        """Process the environment's event in another environment, and wait until that ends."""
        # The task counts as work while it waits, so that no time is skipped before or after the other invocation.
        with self._host.activity.batch(), self._host.activity.waiting(token):
            await asyncio.to_thread(self._deliver_again, token)

    def _deliver_again(self, token: str) -> None:
        from ministack.services import lambda_svc

        worker = self._host.workers.get(token)
        invocation = worker.invocation if worker else None
        if worker and invocation:
            function = {"config": worker.config, "code_zip": worker.code_zip}
            lambda_svc._execute_function(function, receive_again(invocation.event))

    async def hold(self, token: str) -> None:
        """Hold the call until it is released."""
        await asyncio.to_thread(self._host.activity.hold, token)

    def blocked(self, token: str, until: float | None) -> contextlib.AbstractContextManager[None]:
        """Mark the environment as waiting during the block: until a moment in epoch seconds, or for something else."""
        return self._host.activity.waiting(token, until)


def receive_again(event: Any) -> Any:
    """Return the event in which the same messages are received again."""
    return {"Records": [_receive_record_again(record) for record in event["Records"]]} if "Records" in event else event


def _receive_record_again(record: dict[str, Any]) -> dict[str, Any]:
    attributes = record["attributes"]
    count = str(int(attributes["ApproximateReceiveCount"]) + 1)
    return {
        **record,
        "receiptHandle": str(uuid.uuid4()),
        "attributes": {**attributes, "ApproximateReceiveCount": count},
    }
