"""AWS's rules for the parameters of SQS operations: one check per rule, grouped by operation.

The limits and characters are those of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/, on the
page of the operation, and of
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html for attributes.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agenticai.emulator.http.aws_errors import AwsError, Refused, invalid
from agenticai.emulator.queues.dead_letter_policies import (
    Find,
    check_redrive_allow_policy,
    check_redrive_policy,
    check_target,
)
from agenticai.emulator.queues.message_attributes import check_attributes, count_bytes
from agenticai.emulator.queues.queue_attributes import OF_FIFO_QUEUES, OF_MESSAGES, OF_QUEUES, SETTABLE, is_fifo

RequestParameters = Mapping[str, Any]
"""The parameters of an operation, by their names in SQS's JSON protocol; in the query protocol all are text."""


@dataclass(frozen=True)
class TargetQueue:
    """The queue that an operation is for, without attributes if it does not exist (yet).

    `find` returns the attributes of another queue.
    """

    arn: str
    attributes: Mapping[str, str]
    find: Find


Rule = Callable[[RequestParameters, TargetQueue], None]
"""Checks parameters. Raises Refused if AWS would not accept them."""

LONGEST_BYTES = 1024 * 1024
LONGEST_INVISIBLE_S = 12 * 3600
STANDARD_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")


def check_operation(operation: str, parameters: RequestParameters, queue: TargetQueue) -> None:
    """Check parameters against the rules of the operation. Raises Refused."""
    for rule in RULES.get(operation, ()):
        rule(parameters, queue)


def check_within(name: str, low: int, high: int) -> Rule:
    """Refuse a parameter, if given, that is not an integer from `low` to `high`."""

    def rule(parameters: RequestParameters, _: TargetQueue) -> None:
        if (value := parameters.get(name)) is not None and not _is_between(value, low, high):
            reason = f"Must be >= {low} and <= {high}, if provided."
            raise invalid(f"Value {value} for parameter {name} is invalid. Reason: {reason}")

    return rule


def check_required(name: str) -> Rule:
    """Refuse a request without the parameter."""

    def rule(parameters: RequestParameters, _: TargetQueue) -> None:
        if parameters.get(name) in (None, ""):
            raise Refused(AwsError("MissingParameter", f"The request must contain the parameter {name}."))

    return rule


def check_known(parameter: str, names: frozenset[str]) -> Rule:
    """Refuse names of attributes other than these, in a list or as the keys of a map."""

    def rule(parameters: RequestParameters, _: TargetQueue) -> None:
        for name in parameters.get(parameter) or ():
            if name not in names:
                raise Refused(AwsError("InvalidAttributeName", f"Unknown Attribute {name}."))

    return rule


def check_name(parameters: RequestParameters, _: TargetQueue) -> None:
    """Refuse names with characters other than letters, digits, - and _, and names of FIFO queues without .fifo."""
    fifo = is_fifo(parameters.get("Attributes") or {})
    if not (FIFO_NAME if fifo else STANDARD_NAME).fullmatch(parameters.get("QueueName") or ""):
        reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        raise invalid(f"The name of a FIFO queue must end with .fifo. {reason}" if fifo else reason)


def check_same(parameters: RequestParameters, queue: TargetQueue) -> None:
    """Refuse to create a queue that exists with different attributes."""
    for name, value in (parameters.get("Attributes") or {}).items():
        if queue.attributes and queue.attributes.get(name) != str(value):
            message = f"A queue already exists with the same name and a different value for attribute {name}"
            raise Refused(AwsError("QueueNameExists", message))


def check_type(parameters: RequestParameters, queue: TargetQueue) -> None:
    """Refuse attributes of FIFO queues for standard queues, even `FifoQueue: false`."""
    if not is_fifo(queue.attributes or parameters.get("Attributes") or {}):
        check_known("Attributes", SETTABLE - OF_FIFO_QUEUES)(parameters, queue)


def check_still_fifo(parameters: RequestParameters, _: TargetQueue) -> None:
    """Refuse to turn a FIFO queue into a standard one."""
    if (parameters.get("Attributes") or {}).get("FifoQueue") == "false":
        reason = "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
        raise Refused(AwsError("InvalidAttributeValue", reason))


def check_policies(parameters: RequestParameters, queue: TargetQueue) -> None:
    """Refuse an invalid policy; an empty one removes the policy."""
    attributes = parameters.get("Attributes") or {}
    if policy := attributes.get("RedrivePolicy"):
        check_target(policy, queue.arn, check_redrive_policy(policy, queue.find))
    if policy := attributes.get("RedriveAllowPolicy"):
        check_redrive_allow_policy(policy)
    if policy := attributes.get("Policy"):
        try:
            json.loads(policy)
        except ValueError as error:
            raise Refused(AwsError("InvalidAttributeValue", "Invalid value for the parameter Policy.")) from error


def check_next_token(parameters: RequestParameters, _: TargetQueue) -> None:
    """Refuse a token that no earlier response contained."""
    if (token := parameters.get("NextToken")) and not re.fullmatch(r"\d{1,9}", str(token)):
        raise invalid(f"Value {token} for parameter NextToken is invalid. Reason: No answer had this token.")


def check_system_attributes(parameters: RequestParameters, _: TargetQueue) -> None:
    """Refuse system attributes other than AWSTraceHeader, the only one that a message can be sent with."""
    for name in parameters.get("MessageSystemAttributes") or ():
        if name != "AWSTraceHeader":
            raise invalid(f"The message system attribute name '{name}' is invalid: only AWSTraceHeader can be sent.")


def check_message_attributes(parameters: RequestParameters, _: TargetQueue) -> None:
    """Refuse invalid message attributes."""
    check_attributes(parameters.get("MessageAttributes") or {})


def check_length(parameters: RequestParameters, queue: TargetQueue) -> None:
    """Refuse a message that, with its attributes, exceeds the queue's limit."""
    limit = int(queue.attributes.get("MaximumMessageSize", LONGEST_BYTES))
    if count_bytes(parameters) > limit:
        raise invalid(f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes.")


def check_batch_length(parameters: RequestParameters, _: TargetQueue) -> None:
    """Refuse a batch whose messages exceed 1 MiB in total."""
    if (size := sum(map(count_bytes, parameters.get("Entries") or ()))) > LONGEST_BYTES:
        message = f"Batch requests cannot be longer than {LONGEST_BYTES} bytes. You have sent {size} bytes."
        raise Refused(AwsError("BatchRequestTooLong", message))


def check_deduplication(parameters: RequestParameters, queue: TargetQueue) -> None:
    """Refuse a deduplication id for a standard queue."""
    name = "MessageDeduplicationId"
    if (value := parameters.get(name)) and not is_fifo(queue.attributes):
        reason = "The request includes a parameter that is not valid for this queue type."
        raise invalid(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def check_group(parameters: RequestParameters, queue: TargetQueue) -> None:
    """Refuse a message, or a whole batch, without a group id or deduplication id for a FIFO queue."""
    if not is_fifo(queue.attributes):
        return
    by_content = queue.attributes.get("ContentBasedDeduplication") == "true"
    for message in parameters.get("Entries", [parameters]):
        check_required("MessageGroupId")(message, queue)
        if not by_content and not message.get("MessageDeduplicationId"):
            raise invalid(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided"
                " explicitly"
            )


def _is_between(value: object, low: int, high: int) -> bool:
    return re.fullmatch(r"-?\d{1,9}", str(value)) is not None and low <= int(str(value)) <= high


RULES: Mapping[str, tuple[Rule, ...]] = {
    "CreateQueue": (check_name, check_known("Attributes", SETTABLE), check_type, check_policies, check_same),
    "SetQueueAttributes": (check_known("Attributes", SETTABLE), check_type, check_still_fifo, check_policies),
    "GetQueueAttributes": (check_known("AttributeNames", OF_QUEUES),),
    "ListQueues": (check_within("MaxResults", 1, 1000), check_next_token),
    "SendMessage": (
        *(check_within("DelaySeconds", 0, 900), check_message_attributes, check_system_attributes),
        *(check_length, check_deduplication, check_group),
    ),
    "SendMessageBatch": (check_batch_length, check_group),
    "ReceiveMessage": (
        check_within("WaitTimeSeconds", 0, 20),
        check_within("VisibilityTimeout", 0, LONGEST_INVISIBLE_S),
        check_known("AttributeNames", OF_MESSAGES),
        check_known("MessageSystemAttributeNames", OF_MESSAGES),
    ),
    "DeleteMessage": (check_required("ReceiptHandle"),),
    "ChangeMessageVisibility": (
        check_required("ReceiptHandle"),
        check_required("VisibilityTimeout"),
        check_within("VisibilityTimeout", 0, LONGEST_INVISIBLE_S),
    ),
}
