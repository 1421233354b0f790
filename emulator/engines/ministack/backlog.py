"""Limits the memory that messages of all queues take, and keeps operations on long queues fast."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

from agenticai.emulator.engines.ministack.receivable import EngineMessage, EngineQueue
from agenticai.emulator.http.aws_errors import AwsError, Refused
from agenticai.emulator.queues.message_attributes import count_bytes

MESSAGES_KEPT = 100_000
BYTES_KEPT = 256 * 1024 * 1024
"""The maximum number and total size of messages, as they are kept in memory; AWS has no such limits."""

LONG = 1_000
"""The queue length from which expired messages are removed at most once a second."""


class Backlog:
    """Replaces MiniStack's accesses to messages, which scan the whole queue several times per receive."""

    def __init__(self, sqs: Any, messages_kept: int = MESSAGES_KEPT, bytes_kept: int = BYTES_KEPT) -> None:
        self._sqs = sqs
        self._messages_kept = messages_kept
        self._bytes_kept = bytes_kept
        self._bytes = 0
        """The total size of the messages, or an earlier, larger one."""
        self._collect: Callable[[EngineQueue, int, int], list[EngineMessage]] = sqs._collect_msgs
        self._sweep: Callable[[EngineQueue], None] = sqs._dlq_sweep
        self._expire: Callable[[EngineQueue], None] = sqs._expire_retained
        self._send: Callable[[Mapping[str, Any], str], Any] = sqs._HANDLERS["SendMessage"]
        sqs._collect_msgs = self._collect_first
        sqs._dlq_sweep = self._sweep_if_due
        sqs._expire_retained = self._expire_if_due
        sqs._HANDLERS["SendMessage"] = self._send_if_room

    def _collect_first(self, queue: EngineQueue, limit: int, invisible_s: int) -> list[EngineMessage]:
        """Stop scanning after the last message to receive, except in a FIFO queue, where the whole group matters."""
        if queue["is_fifo"]:
            return self._collect(queue, limit, invisible_s)
        now = time.time()
        visible = (message for message in queue["messages"] if message.get("visible_at", 0) <= now)
        return self._collect({**queue, "messages": list(itertools.islice(visible, limit))}, limit, invisible_s)

    def _sweep_if_due(self, queue: EngineQueue) -> None:
        """Rebuild the list of messages only if one has returned to the queue and so may have to be removed."""
        now = time.time()
        if any(message["receive_count"] and message["visible_at"] <= now for message in queue["messages"]):
            self._sweep(queue)

    def _expire_if_due(self, queue: EngineQueue) -> None:
        now = time.time()
        if len(queue["messages"]) < LONG or not 0 <= now - queue.get("looked_through_at", 0) < 1:
            self._expire(queue)
            queue["looked_through_at"] = now

    def _send_if_room(self, parameters: Mapping[str, Any], url: str) -> Any:
        size = count_bytes(parameters)
        if self._bytes + size > self._bytes_kept:
            self._bytes = sum(len(message["body"]) for queue in self._list_queues() for message in queue["messages"])
        if (
            sum(len(queue["messages"]) for queue in self._list_queues()) >= self._messages_kept
            or self._bytes + size > self._bytes_kept
        ):
            limits = f"{self._messages_kept} messages and {self._bytes_kept} bytes"
            raise Refused(
                AwsError("OverLimit", f"The engine's queues hold at most {limits}: purge one or delete messages.", 403)
            )
        result = self._send(parameters, url)
        self._bytes += size
        return result

    def _list_queues(self) -> list[EngineQueue]:
        return list(self._sqs._queues._data.values())
