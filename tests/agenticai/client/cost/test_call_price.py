"""Reading from AWS has a price, which is listed call by call."""

from typing import Any

import pytest

from agenticai.client.cost.call_price import price_call


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "usd"),
    [
        ("monitoring", "GetMetricData", {"MetricDataQueries": [{}] * 68}, 68 * 0.01 / 1000),
        ("monitoring", "DescribeAlarms", {}, 0.01 / 1000),
        ("sqs", "GetQueueAttributes", {}, 0.40 / 1_000_000),
        ("s3", "ListObjectVersions", {}, 0.005 / 1000),
        ("s3", "GetObject", {}, 0.0004 / 1000),
        ("logs", "FilterLogEvents", {}, 0),
        ("lambda", "GetFunctionConfiguration", {}, 0),
    ],
)
def test_a_call_is_priced(service: str, operation: str, parameters: dict[str, Any], usd: float) -> None:
    assert price_call(service, operation, parameters) == pytest.approx(usd)
