"""What it costs to inspect a stack on AWS: the price of each call that this program itself makes."""

from collections.abc import Mapping
from typing import Any

from agenticai.client.cost.charges import compute_cost_usd
from agenticai.client.cost.prices import read_prices
from agenticai.emulator.core.billing_units import count_billing_units
from agenticai.emulator.core.usage_records import CallCount


def price_call(service: str, operation: str, parameters: Mapping[str, Any]) -> float:
    """Return the price of a call in US dollars, free tier not counted; `service` is its endpoint prefix, such as `sqs`.

    Sizes are ignored: a call is priced as the smallest of its kind.
    """
    if service == "monitoring":
        monitoring = read_prices().looking
        if operation == "GetMetricData":
            return len(parameters.get("MetricDataQueries", ())) * monitoring.metric.unit_usd
        return monitoring.cloudwatch_request.unit_usd
    call = CallCount(
        service=service,
        operation=operation,
        caller="client",
        function=None,
        calls=1,
        errors={},
        request_bytes=0,
        response_bytes=0,
        units=count_billing_units(service, operation, 0, 0),
    )
    return compute_cost_usd([call], ())
