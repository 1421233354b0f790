"""What AWS charges beyond its free tier, and what the calls and functions of a workflow cost at that.

Prices of us-east-1 in US dollars, November 2026, as each service's page names them:
https://aws.amazon.com/lambda/pricing/ (arm64), https://aws.amazon.com/sqs/pricing/ (standard queues),
https://aws.amazon.com/dynamodb/pricing/on-demand/, https://aws.amazon.com/s3/pricing/ (S3 Standard) and
https://aws.amazon.com/api-gateway/pricing/ (REST APIs).
"""

import math
from collections.abc import Iterable
from typing import Final

from agenticai.emulator.core.usage_records import CallCount, FunctionUsage

LAMBDA_REQUEST: Final = 0.20e-6
LAMBDA_GB_SECOND: Final = 0.0000133334
SQS_REQUEST: Final = 0.40e-6
DYNAMODB_WRITE_UNIT: Final = 0.625e-6
DYNAMODB_READ_UNIT: Final = 0.125e-6
S3_WRITE: Final = 0.005e-3
S3_READ: Final = 0.0004e-3
API_REQUEST: Final = 3.50e-6

SQS_CHUNK_BYTES: Final = 64 * 1024
WRITE_UNIT_BYTES: Final = 1024
READ_UNIT_BYTES: Final = 4096
TRANSACTION: Final = 2
"""A transaction takes two units for each one that it would take without."""

_WRITES: Final = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
_S3_WRITES: Final = {"PutObject", "CopyObject", "PostObject", "ListObjectsV2", "ListObjects", "ListObjectVersions"}
_S3_FREE: Final = {"DeleteObject", "DeleteObjects"}


def cost_usd(calls: Iterable[CallCount], functions: Iterable[FunctionUsage]) -> float:
    """The price in US dollars, free tier not counted.

    Units of DynamoDB and SQS are worked out from the bytes of the requests and answers, which is a little more than
    AWS counts, because it counts items and message bodies alone.
    """
    used = sum(row.invocations * LAMBDA_REQUEST + row.gb_seconds * LAMBDA_GB_SECOND for row in functions)
    return used + sum(map(_cost, calls))


def _cost(row: CallCount) -> float:
    match row.service:
        case "sqs":
            return SQS_REQUEST * max(row.calls, math.ceil((row.request_bytes + row.response_bytes) / SQS_CHUNK_BYTES))
        case "dynamodb":
            return _dynamodb(row)
        case "s3":
            return (
                0.0 if row.operation in _S3_FREE else row.calls * (S3_WRITE if row.operation in _S3_WRITES else S3_READ)
            )
        case "execute-api":
            return row.calls * API_REQUEST
        case _:
            return 0.0


def _dynamodb(row: CallCount) -> float:
    factor = TRANSACTION if row.operation.startswith("Transact") else 1
    if row.operation in _WRITES:
        return factor * DYNAMODB_WRITE_UNIT * max(row.calls, math.ceil(row.request_bytes / WRITE_UNIT_BYTES))
    return factor * DYNAMODB_READ_UNIT * max(row.calls, math.ceil(row.response_bytes / READ_UNIT_BYTES))
