"""The port to the messages in queues; on a target without a control API, they are received and released again."""

import base64
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from agenticai.client.queues.model import Depth
from agenticai.emulator.core.bench_records import MessageAttribute, MessagePage, QueuedMessage, ReceivedMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH: Final = 10
"""The maximum size of a batch in SQS."""

PEEK_SECONDS: Final = 30
"""How long an inspected message is hidden from others, unless it is released before."""


class Messages(Protocol):
    """The messages of queues, by the queues' names. `agenticai.emulator.client.ControlClient` implements it."""

    def messages(self, queue: str, *, after: str | None = None, limit: int = 100) -> MessagePage:
        """Return some messages, starting after the cursor of a page."""
        ...

    def receive(
        self, queue: str, ids: Iterable[str], *, visibility_timeout_s: int = PEEK_SECONDS
    ) -> tuple[ReceivedMessage, ...]:
        """Receive these messages, ten at most; those that cannot be received now are left out."""
        ...


class SqsMessages:
    """Reads messages through SQS alone: each look counts as a receive, and shows only visible messages.

    `urls` are the queues' URLs by name. Raises botocore's errors.
    """

    def __init__(self, sqs: "SQSClient", urls: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._sqs = sqs
        self._urls = urls
        self.now = now

    def messages(self, queue: str, *, after: str | None = None, limit: int = 100) -> MessagePage:
        """Return the first messages; SQS has no cursor, so a page never has a next one."""
        now = self.now()
        received: list[ReceivedMessage] = []
        for batch in self._receive_batches(queue):
            received += batch
            if len(received) >= limit:
                break
        self._release(queue, received)
        return MessagePage(
            messages=tuple(item.message for item in received[:limit]),
            next=None,
            total=max(len(received), self.depth(queue).visible),
            oldest=None,
            now=now,
        )

    def depth(self, queue: str) -> Depth:
        """Return the message counts of a queue."""
        return Depth.of(self._sqs, self._urls[queue])

    def receive(
        self, queue: str, ids: Iterable[str], *, visibility_timeout_s: int = PEEK_SECONDS
    ) -> tuple[ReceivedMessage, ...]:
        """Receive until these messages have arrived, and release the others."""
        wanted_ids, found, others = set(ids), list[ReceivedMessage](), list[ReceivedMessage]()
        for batch in self._receive_batches(queue, visibility_timeout_s):
            found += (item for item in batch if item.message.id in wanted_ids)
            others += (item for item in batch if item.message.id not in wanted_ids)
            if len(found) == len(wanted_ids):
                break
        self._release(queue, others)
        return tuple(found)

    def _receive_batches(self, queue: str, visibility_timeout_s: int = PEEK_SECONDS) -> Iterator[list[ReceivedMessage]]:
        """Yield each message once, until a receive brings no new one."""
        seen_ids: set[str] = set()
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._urls[queue],
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=visibility_timeout_s,
                WaitTimeSeconds=1,  # a short poll asks only some of SQS's servers
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            new_messages = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen_ids]
            if not new_messages:
                return
            seen_ids.update(message["MessageId"] for message in new_messages)
            yield [
                ReceivedMessage(message=_describe(message), receipt_handle=message["ReceiptHandle"])
                for message in new_messages
            ]

    def _release(self, queue: str, received: Sequence[ReceivedMessage]) -> None:
        for start in range(0, len(received), BATCH):
            entries: list[Any] = [
                {"Id": str(number), "ReceiptHandle": item.receipt_handle, "VisibilityTimeout": 0}
                for number, item in enumerate(received[start : start + BATCH])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._urls[queue], Entries=entries)


class KeptMessages:
    """A cache of messages, which are read again if their number has changed, on request, or after some were received.

    It is for pages that are redrawn often, as each look at SQS's messages counts as a receive. Thread-safe.
    """

    def __init__(self, messages: SqsMessages) -> None:
        self._messages = messages
        self._lock = threading.Lock()
        self._cached: dict[tuple[str, int], tuple[int, MessagePage]] = {}

    def messages(self, queue: str, *, after: str | None = None, limit: int = 100) -> MessagePage:
        """Return the cached messages, or read them again if their number has changed."""
        with self._lock:
            number = self._messages.depth(queue).total
            cached = self._cached.get((queue, limit))
            if cached and cached[0] == number:
                return cached[1].model_copy(update={"now": self._messages.now()})
            page = self._messages.messages(queue, after=after, limit=limit)
            self._cached[queue, limit] = number, page
            return page

    def receive(
        self, queue: str, ids: Iterable[str], *, visibility_timeout_s: int = PEEK_SECONDS
    ) -> tuple[ReceivedMessage, ...]:
        """Receive these messages, and discard the cached ones of the queue."""
        self.forget(queue)
        try:
            return self._messages.receive(queue, ids, visibility_timeout_s=visibility_timeout_s)
        finally:
            self.forget(queue)

    def forget(self, queue: str) -> None:
        """Discard the cached messages of a queue."""
        with self._lock:
            self._cached = {key: page for key, page in self._cached.items() if key[0] != queue}


def _describe(message: Any) -> QueuedMessage:
    """Convert a message of ReceiveMessage's answer, whose times are in milliseconds since 1970."""
    attributes: Mapping[str, str] = message.get("Attributes", {})
    sent_at = _parse_time(attributes.get("SentTimestamp", "0"))
    return QueuedMessage(
        id=message["MessageId"],
        body=message["Body"],
        state="visible",
        sent_at=sent_at,
        first_received_at=_parse_time(attributes.get("ApproximateFirstReceiveTimestamp", "0")),
        visible_at=sent_at,
        received=int(attributes.get("ApproximateReceiveCount", 1)),
        attributes={name: _parse_attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        group_id=attributes.get("MessageGroupId"),
        source_arn=attributes.get("DeadLetterQueueSourceArn"),
    )


def _parse_attribute(value: Mapping[str, Any]) -> MessageAttribute:
    binary = value.get("BinaryValue")
    text = base64.b64encode(binary).decode() if binary is not None else str(value.get("StringValue", ""))
    return MessageAttribute(data_type=value["DataType"], value=text)


def _parse_time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
