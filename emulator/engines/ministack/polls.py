"""Counts polls of event source mappings, which AWS bills; here they happen in process and bypass the gateway."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from agenticai.emulator.meter.attribution import find_event_project
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.meter.sums import MeteredCall


class EventSourceMappingMeter:
    """Counts the billable calls of an SQS event source mapping: a receive per batch, and a delete if any succeeded.

    See https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._batch: ContextVar[tuple[str, str | None] | None] = ContextVar("batch", default=None)

    def meter_batch(self, run: Callable[..., None]) -> Callable[..., None]:
        """Wrap `_run_sqs_batch`, which is called after a batch was received."""

        def run_metered(esm: Mapping[str, Any], func_rec: Any, event: Any, *args: Any) -> None:
            size = sum(len(record["body"]) for record in event["Records"])
            batch = esm["FunctionName"], find_event_project(event)
            self._ledger.record_poll(MeteredCall("sqs", "ReceiveMessage", response_bytes=size), *batch)
            token = self._batch.set(batch)
            try:
                run(esm, func_rec, event, *args)
            finally:
                self._batch.reset(token)

        return run_metered

    def meter_delete(self, delete: Callable[[str, set[str]], None]) -> Callable[[str, set[str]], None]:
        """Wrap `_delete_messages_for_esm`, which `_run_sqs_batch` calls."""

        def delete_metered(queue_url: str, receipt_handles: set[str]) -> None:
            if batch := self._batch.get():
                operation = "DeleteMessage" if len(receipt_handles) == 1 else "DeleteMessageBatch"
                self._ledger.record_poll(MeteredCall("sqs", operation), *batch)
            delete(queue_url, receipt_handles)

        return delete_metered
