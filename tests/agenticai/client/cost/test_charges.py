"""What calls and functions cost, worked out by hand from AWS's price pages."""

from typing import Any

import pytest

from agenticai.emulator.core.usage_records import CallCount, FunctionUsage
from agenticai.scenarios.replaying.prices import cost_usd

MILLION = 1_000_000


def calls(service: str, operation: str, number: int = MILLION, request_bytes: int = 0, response_bytes: int = 0) -> Any:
    return CallCount(
        service=service,
        operation=operation,
        caller="function",
        function="f",
        calls=number,
        errors={},
        request_bytes=request_bytes,
        response_bytes=response_bytes,
    )


@pytest.mark.parametrize(
    ("row", "dollars"),
    [
        (calls("sqs", "SendMessage"), 0.40),
        (calls("sqs", "SendMessage", 1, request_bytes=200 * 1024), 4 * 0.40 / MILLION),
        (calls("dynamodb", "PutItem"), 0.625),
        (calls("dynamodb", "PutItem", 1, request_bytes=3000), 3 * 0.625 / MILLION),
        (calls("dynamodb", "TransactWriteItems"), 1.25),
        (calls("dynamodb", "GetItem"), 0.125),
        (calls("dynamodb", "Query", 1, response_bytes=9000), 3 * 0.125 / MILLION),
        (calls("s3", "PutObject", 1000), 0.005),
        (calls("s3", "GetObject", 1000), 0.0004),
        (calls("s3", "DeleteObject"), 0),
        (calls("execute-api", "Invoke"), 3.50),
        (calls("ssm", "GetParameter"), 0),
    ],
)
def test_calls_cost_what_the_price_pages_say(row: CallCount, dollars: float) -> None:
    assert cost_usd([row], []) == pytest.approx(dollars)


def test_functions_cost_by_request_and_by_memory_and_time() -> None:
    used = FunctionUsage(
        function="f", invocations=MILLION, errors=0, cold_starts=0, duration_ms=0, billed_ms=0, gb_seconds=400_000
    )
    assert cost_usd([], [used]) == pytest.approx(0.20 + 5.33336)
