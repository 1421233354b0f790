"""Redrives dead letters to the queue that they came from: selected ones, or all of them by SQS itself."""

import base64
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from agenticai.client.queues.messages import BATCH, Messages
from agenticai.client.queues.model import MoveProgress, RedriveOutcome, RedriveResult, RequestedWork
from agenticai.stack.waiting import Pause

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from agenticai.emulator.core.bench_records import MessageAttribute, QueuedMessage, ReceivedMessage

HIDDEN_SECONDS: Final = 60
"""How long a letter is hidden while it is redriven; if that is interrupted, it becomes visible again afterwards."""

LOOK_SECONDS: Final = 0.5

NO_MOVE_TASKS: Final = "This target moves no messages by itself: they were sent back one after the other."
_UNKNOWN: Final = frozenset({"InvalidAction", "UnknownOperationException", "NotImplemented", "InternalFailure"})
"""The error codes with which emulators refuse an operation that they do not implement."""

MOST_PER_SECOND: Final = 500
"""The highest rate of a message move task."""


def redrive(
    sqs: "SQSClient", messages: Messages, dead_letters: tuple[str, str], queue_url: str, ids: Sequence[str]
) -> Iterator[RedriveResult]:
    """Redrive these letters one after the other, and yield each outcome; `dead_letters` is their queue's name and URL.

    A letter is received, sent, and only then deleted: whatever happens in between, it is not lost, but may then be in
    both queues. The copy has a new id and a new receive count, as with a redrive by SQS.
    """
    name, url = dead_letters
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        received = messages.receive(name, batch, visibility_timeout_s=HIDDEN_SECONDS)
        by_id = {letter.message.id: letter for letter in received}
        for message_id in batch:
            letter = by_id.get(message_id)
            yield (
                _send_back(sqs, url, queue_url, letter)
                if letter
                else RedriveResult(message_id, RedriveOutcome.NOT_THERE)
            )


def _send_back(sqs: "SQSClient", url: str, queue_url: str, letter: "ReceivedMessage") -> RedriveResult:
    message, handle = letter.message, letter.receipt_handle
    requested = RequestedWork.of(message.body)
    try:
        new_id = sqs.send_message(QueueUrl=queue_url, **make_copy_parameters(message))["MessageId"]
    except (ClientError, BotoCoreError) as error:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        return RedriveResult(message.id, RedriveOutcome.NOT_SENT, requested, reason=str(error))
    try:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    except (ClientError, BotoCoreError) as error:
        return RedriveResult(message.id, RedriveOutcome.TWICE, requested, new_id, str(error))
    return RedriveResult(message.id, RedriveOutcome.SENT, requested, new_id)


def make_copy_parameters(message: "QueuedMessage") -> dict[str, Any]:
    """Return SendMessage's parameters for a copy of the message."""
    attributes = {name: _make_attribute(attribute) for name, attribute in message.attributes.items()}
    ordered = {"MessageGroupId": message.group_id, "MessageDeduplicationId": message.id} if message.group_id else {}
    return {"MessageBody": message.body, "MessageAttributes": attributes, **ordered}


def _make_attribute(attribute: "MessageAttribute") -> dict[str, Any]:
    binary = attribute.data_type.partition(".")[0] == "Binary"
    value = {"BinaryValue": base64.b64decode(attribute.value)} if binary else {"StringValue": attribute.value}
    return {"DataType": attribute.data_type, **value}


def has_no_move_tasks(error: ClientError) -> bool:
    """Return whether an error says that the target has no message move tasks."""
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return code in _UNKNOWN and (status == 501 or code != "InternalFailure")


def redrive_each(
    redriven: Iterator[RedriveResult], number: int, per_second: int | None, wait: Pause
) -> Iterator[MoveProgress]:
    """Yield the progress of `number` letters, redriven one by one, like that of a move task, at most `per_second`."""
    moved = not_sent = 0
    yield MoveProgress("RUNNING", 0, number)
    for count, result in enumerate(redriven, 1):
        moved += result.outcome in (RedriveOutcome.SENT, RedriveOutcome.TWICE)
        not_sent += result.outcome is RedriveOutcome.NOT_SENT
        if count % BATCH == 0:
            yield MoveProgress("RUNNING", moved, number)
            if per_second:
                wait(BATCH / per_second)
    yield MoveProgress("FAILED" if not_sent else "COMPLETED", moved, number, NO_MOVE_TASKS)


def redrive_all(
    sqs: "SQSClient", dead_letters_arn: str, queue_arn: str, per_second: int | None, wait: Pause
) -> Iterator[MoveProgress]:
    """Start a message move task for all letters, and yield its progress until it has ended.

    `per_second` is the maximum rate, from 1 to 500; None leaves it to SQS. The task goes on if nobody follows it.
    """
    rate: dict[str, Any] = {} if per_second is None else {"MaxNumberOfMessagesPerSecond": per_second}
    # The destination is named, as SQS does not know it for messages sent directly to the dead-letter queue.
    sqs.start_message_move_task(SourceArn=dead_letters_arn, DestinationArn=queue_arn, **rate)
    while True:
        task: Any = sqs.list_message_move_tasks(SourceArn=dead_letters_arn, MaxResults=1)["Results"][0]
        yield MoveProgress(
            status=task["Status"],
            moved=task.get("ApproximateNumberOfMessagesMoved", 0),
            to_move=task.get("ApproximateNumberOfMessagesToMove", 0),
            reason=task.get("FailureReason", ""),
        )
        if task["Status"] not in {"RUNNING", "CANCELLING"}:
            return
        wait(LOOK_SECONDS)
