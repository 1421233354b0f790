"""The costs of calls and functions, calculated by hand from AWS's price pages."""

import pytest

from agenticai.client.cost.charges import compute_cost_usd, list_charges, sum_quantities
from agenticai.client.cost.use import CALLED
from agenticai.emulator.core.usage_records import CallCount
from tests.agenticai.client.cost.uses import MILLION, calls, lambda_use


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
        (calls("dynamodb", "DescribeTable"), 0),
        (calls("ssm", "GetParameter"), 3.00),  # for KMS, which decrypts it
        (calls("ssm", "DescribeParameters"), 0),
    ],
)
def test_calls_cost_what_the_price_pages_say(row: CallCount, dollars: float) -> None:
    assert compute_cost_usd([row], []) == pytest.approx(dollars)


def test_every_line_of_calls_and_invocations_is_billed_for_some() -> None:
    rows = [
        *(calls("sqs", "SendMessage"), calls("dynamodb", "PutItem"), calls("dynamodb", "GetItem")),
        *(calls("s3", "PutObject"), calls("s3", "GetObject"), calls("ssm", "GetParameter")),
        calls("execute-api", "GET", caller="client", response_bytes=MILLION),
    ]
    assert {charge.line for charge in list_charges(rows, [lambda_use(1, 1)])} == CALLED


def test_functions_cost_by_request_and_by_memory_and_time() -> None:
    assert compute_cost_usd([], [lambda_use(MILLION, 400_000)]) == pytest.approx(0.20 + 5.33336)


def test_what_clients_are_answered_is_data_out_and_what_functions_are_answered_is_not() -> None:
    rows = [calls("s3", "GetObject", 1, caller=caller, response_bytes=1024**3) for caller in ("client", "function")]
    assert sum_quantities(list_charges(rows, []))["data-out"] == 1


def test_what_is_billed_names_who_used_it() -> None:
    billed = list(list_charges([calls("sqs", "SendMessage", 3)], [lambda_use(2, 1.5, "qa")]))
    assert [(charge.line, charge.quantity, charge.function) for charge in billed] == [
        ("lambda-requests", 2, "qa"),
        ("lambda-gb-seconds", 1.5, "qa"),
        ("sqs-requests", 3, "dev"),
    ]
