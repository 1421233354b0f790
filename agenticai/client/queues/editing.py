"""Deletes messages, sends edited copies of them, and purges queues."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from agenticai.client.queues.messages import BATCH, Messages
from agenticai.client.queues.redriving import HIDDEN_SECONDS, make_copy_parameters

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from agenticai.emulator.core.bench_records import QueuedMessage

COPY_OF: Final = "agenticai-copy-of"
"""The message attribute of an edited copy: the id of the original message."""


def send_copy(sqs: "SQSClient", queue_url: str, message: "QueuedMessage", body: str) -> str:
    """Send a message with another body, marked as a copy, and return its id; the original stays where it is."""
    parameters = make_copy_parameters(message)
    attributes = {**parameters["MessageAttributes"], COPY_OF: {"DataType": "String", "StringValue": message.id}}
    overrides = {"MessageBody": body, "MessageAttributes": attributes}
    if message.group_id:
        overrides["MessageDeduplicationId"] = f"{message.id}-copy"
    return sqs.send_message(QueueUrl=queue_url, **{**parameters, **overrides})["MessageId"]


def delete(sqs: "SQSClient", messages: Messages, queue: tuple[str, str], ids: Sequence[str]) -> Iterator[str]:
    """Delete these messages of a queue, given by its name and URL, and yield the ids of those that were deleted."""
    name, url = queue
    for start in range(0, len(ids), BATCH):
        for received in messages.receive(name, ids[start : start + BATCH], visibility_timeout_s=HIDDEN_SECONDS):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=received.receipt_handle)
            yield received.message.id
