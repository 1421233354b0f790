"""The event source mappings of queues that AWS refuses.

See https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html.
"""

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
