"""Applies delivery faults: duplicated, delayed and reordered messages."""

import time
from collections.abc import Callable
from typing import Any

from agenticai.emulator.engines.ministack.receivable import EngineMessage
from agenticai.emulator.faults.rules import Delay, Duplicate
from agenticai.emulator.faults.schedule import FaultBook

Receive = Callable[[str, int], list[EngineMessage]]
Delete = Callable[[str, set[str]], None]


class FaultyDeliveries:
    """Intercepts deliveries between MiniStack's queues and its event source mappings."""

    def __init__(self, sqs: Any, faults: FaultBook) -> None:
        self._sqs = sqs
        self._faults = faults
        self._duplicated_ids: set[str] = set()
        """Ids of messages to deliver again after their deletion."""
        self._receive: Receive = sqs._receive_messages_for_esm
        self._delete: Delete = sqs._delete_messages_for_esm
        sqs._receive_messages_for_esm = self._receive_with_faults
        sqs._delete_messages_for_esm = self._delete_with_copies

    def _receive_with_faults(self, queue_url: str, max_number: int) -> list[EngineMessage]:
        with self._sqs._queues_lock:
            self._apply(queue_url, int(max_number))
            return self._receive(queue_url, int(max_number))

    def _apply(self, queue_url: str, max_number: int) -> None:
        queue = self._sqs._get_q(queue_url)
        name = queue_url.rpartition("/")[2]
        ready = [message for message in queue["messages"] if message["visible_at"] <= time.time()]
        for message in ready[:max_number]:
            match self._faults.record_delivery(name):
                case None:
                    pass
                case Duplicate():
                    self._duplicated_ids.add(message["id"])
                case Delay(seconds=seconds):
                    message["visible_at"] = time.time() + seconds
                case _:  # Reorder
                    queue["messages"].remove(message)
                    queue["messages"].append(message)

    def _delete_with_copies(self, queue_url: str, receipt_handles: set[str]) -> None:
        with self._sqs._queues_lock:
            queue = self._sqs._get_q(queue_url)
            copies = [
                {**message, "receipt_handle": None, "visible_at": time.time()}
                for message in queue["messages"]
                if message["receipt_handle"] in receipt_handles and message["id"] in self._duplicated_ids
            ]
            self._delete(queue_url, receipt_handles)
            self._duplicated_ids -= {copy["id"] for copy in copies}
            self._sqs._get_q(queue_url)["messages"].extend(copies)
