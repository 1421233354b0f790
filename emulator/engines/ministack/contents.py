"""Reads MiniStack's queues without receiving messages, and receives single messages by their ids."""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from agenticai.emulator.core.bench_records import (
    DepthHistory,
    HistoryRequest,
    MessageAttribute,
    MessagePage,
    PageRequest,
    QueuedMessage,
    QueueNow,
    QueuesNow,
    ReceivedMessage,
    ReceiveRequest,
)
from agenticai.emulator.engines.ministack.receivable import EngineMessage, EngineQueue
from agenticai.emulator.queues.contents import NoSuchQueue
from agenticai.emulator.queues.depths import Depths

MOST_BYTES = 4 * 1024 * 1024
"""The maximum size of the bodies in one page, unless the first alone is larger."""


class Contents:
    """Reads the queues of the engine's own account, one thread at a time."""

    def __init__(self, sqs: Any, depths: Depths) -> None:
        self._sqs = sqs
        self._depths = depths

    def list_messages(self, name: str, request: PageRequest) -> MessagePage:
        """Return the messages after a cursor, which holds a position and a message, as messages may be deleted."""
        with self._sqs._queues_lock:
            queue, now = self._find_queue(name), time.time()
            self._sqs._expire_retained(queue)
            messages: Sequence[EngineMessage] = queue["messages"]
            first = find_index_after(messages, request.after) if request.after else 0
            records = [describe(message, now) for message in take_fitting(messages[first : first + request.limit])]
            end = first + len(records)
            next_cursor = f"{end}.{messages[end - 1]['id']}" if records and end < len(messages) else None
            oldest = find_oldest(messages, now)
            return MessagePage(
                messages=tuple(records),
                next=next_cursor,
                total=len(messages),
                oldest=oldest,
                now=convert_time(now),
            )

    def receive(self, name: str, request: ReceiveRequest) -> list[ReceivedMessage]:
        """Receive these messages, as ReceiveMessage would if no others were visible."""
        ids = set(request.ids)
        with self._sqs._queues_lock:
            queue = self._find_queue(name)
            selection = {**queue, "messages": [message for message in queue["messages"] if message["id"] in ids]}
            received = self._sqs._collect_msgs(selection, len(selection["messages"]), request.visibility_timeout_s)
            return [
                ReceivedMessage(message=describe(message, time.time()), receipt_handle=message["receipt_handle"])
                for message in received
            ]

    def list_queues(self) -> QueuesNow:
        """Return all queues, without expired messages, and with due messages counted as visible."""
        with self._sqs._queues_lock:
            for name in self._depths.count_messages():
                self._sqs._expire_retained(self._find_queue(name))
        with self._sqs._queues_lock:
            now = time.time()
            queues = tuple(
                QueueNow(
                    queue=name,
                    visible=visible,
                    in_flight=in_flight,
                    delayed=delayed,
                    oldest=find_oldest(self._find_queue(name)["messages"], now),
                )
                for name, (visible, in_flight, delayed) in sorted(self._depths.count_messages().items())
            )
        return QueuesNow(queues=queues, now=convert_time(now))

    def list_depth_changes(self, request: HistoryRequest) -> DepthHistory:
        """Return the changes until now, including messages that became visible by a timeout."""
        with self._sqs._queues_lock:
            pass  # releasing the lock records the depths
        with self._sqs._queues_lock:
            return self._depths.list_changes(request.since, request.limit)

    def _find_queue(self, name: str) -> EngineQueue:
        queue: EngineQueue | None = self._sqs._queues.get(self._sqs._queue_url(name))
        if queue is None:
            raise NoSuchQueue(f"There is no queue {name}.")
        return queue


def find_oldest(messages: Sequence[EngineMessage], now: float) -> datetime | None:
    """Return when the oldest of the messages was sent."""
    oldest = min((message.get("sent_at", now) for message in messages), default=None)
    return None if oldest is None else convert_time(oldest)


def find_index_after(messages: Sequence[EngineMessage], cursor: str) -> int:
    """Return the index after a cursor's message, which may have moved since."""
    position, _, last = cursor.partition(".")
    expected = min(int(position), len(messages))
    moved_to = next((index + 1 for index in range(expected - 1, -1, -1) if messages[index]["id"] == last), None)
    return expected if moved_to is None else moved_to


def take_fitting(messages: Sequence[EngineMessage]) -> Iterator[EngineMessage]:
    """Yield as many messages as fit in one answer, at least one."""
    size = 0
    for message in messages:
        size += len(message["body"])
        if size > MOST_BYTES and size > len(message["body"]):
            return
        yield message


def describe(message: EngineMessage, now: float) -> QueuedMessage:
    """Convert a message to the control API's record; MiniStack sets some fields only at the first receive."""
    sent_at: float = message.get("sent_at", now)
    visible_at: float = message.get("visible_at", sent_at)
    first_received_at, receive_count = message.get("first_receive_at"), message.get("receive_count", 0)
    attributes = message.get("message_attributes") or {}
    return QueuedMessage(
        id=message["id"],
        body=message["body"],
        state=name_state(visible_at <= now, receive_count),
        sent_at=convert_time(sent_at),
        first_received_at=convert_time(first_received_at) if first_received_at else None,
        visible_at=convert_time(visible_at),
        received=receive_count,
        attributes={name: convert_attribute(value) for name, value in attributes.items()},
        group_id=message.get("group_id"),
        source_arn=(message.get("sys") or {}).get("DeadLetterQueueSourceArn"),
    )


def name_state(visible: bool, received: int) -> Literal["visible", "in flight", "delayed"]:
    """Return the state in which SQS counts the message."""
    if visible:
        return "visible"
    return "in flight" if received else "delayed"


def convert_attribute(value: Mapping[str, Any]) -> MessageAttribute:
    """Convert a message attribute to the control API's record."""
    content = next((value[name] for name in ("StringValue", "BinaryValue") if value.get(name) is not None), "")
    text = base64.b64encode(content).decode() if isinstance(content, bytes) else str(content)
    return MessageAttribute(data_type=str(value.get("DataType", "String")), value=text)


def convert_time(seconds: float) -> datetime:
    """Convert a time of MiniStack, in epoch seconds."""
    return datetime.fromtimestamp(seconds, UTC)
