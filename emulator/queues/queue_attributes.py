"""The attributes of queues and of received messages: their names and default values.

They are those of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/, on the pages of
CreateQueue, GetQueueAttributes and ReceiveMessage.
"""

from collections.abc import Mapping
from typing import Any

from agenticai.emulator.http.aws_errors import AwsError, Refused

OF_FIFO_QUEUES = frozenset({"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"})
BOOLEAN = frozenset({"FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled"})
SETTABLE = OF_FIFO_QUEUES | {
    *("DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "Policy", "ReceiveMessageWaitTimeSeconds"),
    *("VisibilityTimeout", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"),
    *("KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"),
}
OF_QUEUES = SETTABLE | {
    *("All", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOfMessages"),
    *("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"),
}
OF_MESSAGES = frozenset(
    {
        *("All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"),
        *("SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn"),
        "SqsManagedSseEnabled",  # on that page, although no message has it
    }
)
DEFAULTS_OF_FIFO = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}


def is_fifo(attributes: Mapping[str, Any]) -> bool:
    """Return whether a queue with these attributes is a FIFO queue."""
    return attributes.get("FifoQueue") == "true"


def list_defaults(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the default values that a queue with these attributes has for others.

    Queues are encrypted with keys that SQS manages unless they have other keys:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html.
    """
    encrypted = "false" if attributes.get("KmsMasterKeyId") else "true"
    return {"SqsManagedSseEnabled": encrypted} | (DEFAULTS_OF_FIFO if is_fifo(attributes) else {})


def normalize(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an operation's parameters with booleans among the Attributes as SQS keeps them. Raises Refused."""
    attributes = parameters.get("Attributes")
    if not isinstance(attributes, Mapping):
        return parameters
    return {**parameters, "Attributes": {name: _normalize_boolean(name, value) for name, value in attributes.items()}}


def _normalize_boolean(name: str, value: Any) -> Any:
    if name not in BOOLEAN:
        return value
    if (text := str(value).lower()) not in {"true", "false"}:
        raise Refused(AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}."))
    return text
