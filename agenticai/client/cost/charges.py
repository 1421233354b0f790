"""What AWS bills for calls and invocations: quantities of lines, and their prices in US dollars."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agenticai.client.cost.prices import GB, LINES, LineId, read_prices
from agenticai.emulator.core.billing_units import READS, WRITES
from agenticai.emulator.core.usage_records import CallCount, Caller, FunctionUsage, Usage

_S3_WRITES: Final = {"PutObject", "CopyObject", "PostObject", "ListObjectsV2", "ListObjects", "ListObjectVersions"}
_S3_FREE: Final = {"DeleteObject", "DeleteObjects"}
_BY_KEY: Final = {"GetParameter", "GetParameters", "PutParameter"}
"""The operations for which Parameter Store calls KMS: once for each SecureString, as all parameters of a stack are.

See https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html.
"""


@dataclass(frozen=True)
class Charge:
    """A quantity of a line, and who used it; `function` is None for a client."""

    line: LineId
    quantity: float
    caller: Caller
    function: str | None

    @property
    def usd(self) -> float:
        """The price in US dollars, free tier not counted."""
        return self.quantity * read_prices().lines[self.line].unit_usd


def list_charges(calls: Iterable[CallCount], functions: Iterable[FunctionUsage]) -> Iterator[Charge]:
    """Yield the charges.

    Units of DynamoDB and SQS are the meter's (`emulator/core/billing_units`). Data out is what clients, who are outside
    of AWS, got in responses; what functions get from other services of the region is free.
    """
    for usage in functions:
        yield Charge("lambda-requests", usage.invocations, "function", usage.function)
        yield Charge("lambda-gb-seconds", usage.gb_seconds, "function", usage.function)
    for row in calls:
        if billed := _bill_call(row):
            yield Charge(*billed, row.caller, row.function)
        if row.caller == "client":
            yield Charge("data-out", row.response_bytes / GB, row.caller, row.function)


def compute_cost_usd(calls: Iterable[CallCount], functions: Iterable[FunctionUsage]) -> float:
    """Return the price in US dollars, free tier not counted."""
    return sum(charge.usd for charge in list_charges(calls, functions))


def charge_usage(usage: Usage) -> tuple[Charge, ...]:
    """Return the charges for a use."""
    return tuple(list_charges(usage.calls, usage.functions))


def sum_quantities(billed: Iterable[Charge]) -> Mapping[LineId, float]:
    """Return the billed quantity of each line."""
    sums = dict.fromkeys(LINES, 0.0)
    for charge in billed:
        sums[charge.line] += charge.quantity
    return sums


def _bill_call(row: CallCount) -> tuple[LineId, float] | None:
    match row.service:
        case "sqs":
            return "sqs-requests", row.units
        case "dynamodb" if row.operation in WRITES:
            return "dynamodb-write-units", row.units
        case "dynamodb" if row.operation in READS:
            return "dynamodb-read-units", row.units
        case "s3":
            if row.operation in _S3_FREE:
                return None
            return "s3-writes" if row.operation in _S3_WRITES else "s3-reads", row.calls
        case "ssm" if row.operation in _BY_KEY:
            return "kms-requests", row.calls
        case "execute-api":
            return "api-requests", row.calls
        case _:
            return None
