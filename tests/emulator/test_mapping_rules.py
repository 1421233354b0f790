"""The event source mappings of queues that AWS refuses.

See https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html.
"""

import re
from dataclasses import replace
from typing import Any

import pytest

from agenticai.emulator.http.aws_errors import Refused
from agenticai.emulator.queues.mapping_rules import SourceMapping, check_mapping

ORDERS = SourceMapping(
    queue_arn="arn:aws:sqs:us-east-1:000000000000:orders",
    function="work",
    batch_size=10,
    window_s=0,
    response_types=["ReportBatchItemFailures"],
    function_timeout_s=30,
    visibility_timeout_s=30,
)
INVALID = "InvalidParameterValueException"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"batch_size": 1},
        {"batch_size": 10_000, "window_s": 300},
        {"response_types": []},
        {"settings": ["BatchSize"]},
    ],
)
def test_what_is_taken(changes: dict[str, Any]) -> None:
    check_mapping(replace(ORDERS, **changes))


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"batch_size": 0}, "ValidationException", "greater than or equal to 1"),
        ({"batch_size": 10_001, "window_s": 1}, "ValidationException", "less than or equal to 10000"),
        ({"window_s": -1}, "ValidationException", "greater than or equal to 0"),
        ({"window_s": 301}, "ValidationException", "less than or equal to 300"),
        ({"response_types": ["Everything"]}, "ValidationException", "ReportBatchItemFailures"),
        ({"batch_size": 11}, INVALID, "batch window in seconds must be greater than 0"),
        ({"queue_arn": ORDERS.queue_arn + ".fifo", "window_s": 1}, INVALID, "FIFO"),
        ({"queue_arn": ORDERS.queue_arn + ".fifo", "batch_size": 11, "window_s": 1}, INVALID, "FIFO"),
        *(
            ({"settings": ["BatchSize", name]}, INVALID, f"Unsupported {name} parameter")
            for name in (
                "BisectBatchOnFunctionError",
                "DestinationConfig",
                "MaximumRecordAgeInSeconds",
                "MaximumRetryAttempts",
                "ParallelizationFactor",
                "TumblingWindowInSeconds",
            )
        ),
        ({"visibility_timeout_s": None}, INVALID, "queue does not exist"),
        ({"visibility_timeout_s": 29}, INVALID, "29 seconds is less than Function timeout: 30 seconds"),
        ({"same_as": "id-1"}, "ResourceConflictException", "id-1"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], code: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        check_mapping(replace(ORDERS, **changes))
    assert refused.value.error.code == code


FIFO_LIMITS = "A FIFO queue has batches of at most 10 messages, and no batching window."


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        (
            {"batch_size": 0},
            400,
            "1 validation error detected: Value '0' at 'batchSize' failed to satisfy constraint:"
            " Member must have value greater than or equal to 1",
        ),
        (
            {"window_s": 301},
            400,
            "1 validation error detected: Value '301' at 'maximumBatchingWindowInSeconds' failed to satisfy"
            " constraint: Member must have value less than or equal to 300",
        ),
        (
            {"response_types": ["ReportBatchItemFailures", "B", "A"]},
            400,
            "1 validation error detected: Value 'A, B' at 'functionResponseTypes' failed to satisfy constraint:"
            " Member must satisfy enum value set: [ReportBatchItemFailures]",
        ),
        (
            {"batch_size": 11},
            400,
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        ({"queue_arn": "orders.fifo", "batch_size": 11}, 400, FIFO_LIMITS),
        ({"queue_arn": "orders.fifo", "window_s": 1}, 400, FIFO_LIMITS),
        (
            {"settings": ["TumblingWindowInSeconds", "DestinationConfig"]},
            400,
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            {"visibility_timeout_s": None},
            400,
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."
            " SQS Error Message: The specified queue does not exist.",
        ),
        (
            {"visibility_timeout_s": 0},
            400,
            "Queue visibility timeout: 0 seconds is less than Function timeout: 30 seconds",
        ),
        (
            {"same_as": "id-1"},
            409,
            f'An event source mapping with SQS arn (" {ORDERS.queue_arn} ") and function (" work ") already exists.'
            " Please update or delete the existing mapping with UUID id-1",
        ),
    ],
)
def test_a_refusal_says_why(changes: dict[str, Any], status: int, message: str) -> None:
    with pytest.raises(Refused, match=f"^\\w+: {re.escape(message)}$") as refused:
        check_mapping(replace(ORDERS, **changes))
    assert refused.value.error.status == status


def test_a_fifo_queue_has_batches_of_ten() -> None:
    check_mapping(replace(ORDERS, queue_arn="orders.fifo"))
