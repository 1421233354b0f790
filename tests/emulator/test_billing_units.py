"""The billing units of single calls, by AWS's price pages, each rounded up separately by the meter."""

import pytest

from agenticai.emulator.core.billing_units import count_billing_units
from agenticai.emulator.meter.sums import MeteredCall, Origin, Sums

KIB = 1024


@pytest.mark.parametrize(
    ("service", "operation", "asked", "answered", "units"),
    [
        ("sqs", "SendMessage", 0, 0, 1),
        ("sqs", "SendMessage", 64 * KIB, 300, 1),
        ("sqs", "SendMessage", 64 * KIB + 1, 300, 2),
        ("sqs", "ReceiveMessage", 200, 1024 * KIB, 16),
        ("dynamodb", "PutItem", 1024, 2, 1),
        ("dynamodb", "PutItem", 1025, 2, 2),
        ("dynamodb", "UpdateItem", 100, 9000, 1),
        ("dynamodb", "TransactWriteItems", 1025, 2, 4),
        ("dynamodb", "Query", 9000, 4096, 1),
        ("dynamodb", "Query", 100, 4097, 2),
        ("dynamodb", "TransactGetItems", 100, 100, 2),
        ("s3", "PutObject", 5 * KIB * KIB, 0, 1),
        ("execute-api", "POST", 100 * KIB, 0, 1),
    ],
)
def test_one_call(service: str, operation: str, asked: int, answered: int, units: int) -> None:
    assert count_billing_units(service, operation, asked, answered) == units


def test_the_meter_rounds_each_call_up_by_itself() -> None:
    sums = Sums()
    for _ in range(3):
        sums.add_call(MeteredCall("dynamodb", "PutItem", request_bytes=1100), Origin("client"))
    (row,) = sums.report_usage(None).calls
    assert (row.calls, row.request_bytes, row.units) == (3, 3300, 6)
