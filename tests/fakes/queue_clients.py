"""SQS, its messages, and a log in memory, as far as the services for queues use them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from agenticai.emulator.core.bench_records import MessagePage, ReceivedMessage
from agenticai.emulator.core.usage_records import FinishedInvocation

BATCH = 10


def refused(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "not allowed"}}, operation)


class Sqs:
    """Queues by URL; operations in `refuses` are refused. `moves` are the successive states of a message move task."""

    def __init__(self, *moves: dict[str, Any]) -> None:
        self.sent: list[dict[str, Any]] = []
        self.deleted: list[str] = []
        self.given_back: list[str] = []
        self.started: list[dict[str, Any]] = []
        self.refuses: set[str] = set()
        self._moves = iter(moves)

    def send_message(self, **asked: Any) -> dict[str, Any]:
        self._check("SendMessage")
        self.sent.append(asked)
        return {"MessageId": f"new-{len(self.sent)}"}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 - AWS's names
        self._check("DeleteMessage")
        self.deleted.append(ReceiptHandle)

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        assert VisibilityTimeout == 0
        self.given_back.append(ReceiptHandle)

    def start_message_move_task(self, **asked: Any) -> None:
        self.started.append(asked)

    def list_message_move_tasks(self, **_: Any) -> dict[str, Any]:
        return {"Results": [next(self._moves)]}

    def _check(self, operation: str) -> None:
        if operation in self.refuses:
            raise refused(operation)


class Messages:
    """The messages of one queue; those in `in_flight` cannot be received."""

    def __init__(self, page: MessagePage) -> None:
        self._page = page
        self.in_flight: set[str] = set()
        self.batches: list[tuple[str, ...]] = []

    def messages(self, queue: str, *, after: str | None = None, limit: int = 100) -> MessagePage:
        first = int(after or 0)
        shown = self._page.messages[first : first + limit]
        end = first + len(shown)
        more = str(end) if end < len(self._page.messages) else None
        return self._page.model_copy(update={"messages": shown, "next": more})

    def receive(self, queue: str, ids: Iterable[str], *, visibility_timeout_s: int = 30) -> tuple[ReceivedMessage, ...]:
        self.batches.append(tuple(ids))
        assert len(self.batches[-1]) <= BATCH
        return tuple(
            ReceivedMessage(message=message, receipt_handle=f"handle of {message.id}")
            for message in self._page.messages
            if message.id in self.batches[-1] and message.id not in self.in_flight
        )


class Logs:
    """Log groups by name, each with its events."""

    class _NotFound(Exception):
        """The log group does not exist."""

    class exceptions:  # noqa: N801 - as a client of boto3 has it
        ResourceNotFoundException: type[Exception]

    exceptions.ResourceNotFoundException = _NotFound

    def __init__(self, **groups: list[dict[str, Any]]) -> None:
        self.groups = {f"/aws/lambda/{name}": events for name, events in groups.items()}
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, operation: str) -> "Logs":
        assert operation == "filter_log_events"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(asked)
        if asked["logGroupName"] not in self.groups:
            raise self._NotFound
        wanted = asked.get("filterPattern", "").strip('"')
        most = asked.get("PaginationConfig", {}).get("MaxItems")
        events = (event for event in self.groups[asked["logGroupName"]] if event["timestamp"] >= asked["startTime"])
        for event in islice((event for event in events if wanted in event["message"]), most):
            yield {"events": [event]}


class Engine:
    """The engine's invocations."""

    def __init__(self, *done: FinishedInvocation) -> None:
        self._done = done

    def invocations(self) -> tuple[FinishedInvocation, ...]:
        return self._done
