"""The units in which AWS bills calls to SQS and DynamoDB; each call is rounded up separately.

Sizes are those of the HTTP bodies, slightly more than the message bodies and items that AWS counts. An engine that
knows the items reports DynamoDB's units itself (`emulator/core/capacity`); the units here ignore indexes. See
https://aws.amazon.com/sqs/pricing/ and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html.
"""

import math
from typing import Final

SQS_CHUNK_BYTES: Final = 64 * 1024
WRITE_UNIT_BYTES: Final = 1024
READ_UNIT_BYTES: Final = 4096
TRANSACTION: Final = 2
"""The factor for calls in a transaction."""

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
READS: Final = frozenset({"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"})
"""DynamoDB's operations on items; those that manage tables are free."""


def count_billing_units(service: str, operation: str, request_bytes: int, response_bytes: int) -> int:
    """Return how many units one call is billed as: 1 for services that bill calls of any size alike."""
    if service == "sqs":
        return _count_units(max(request_bytes, response_bytes), SQS_CHUNK_BYTES)
    if service == "dynamodb":
        factor = TRANSACTION if operation.startswith("Transact") else 1
        size, unit = (response_bytes, READ_UNIT_BYTES) if operation in READS else (request_bytes, WRITE_UNIT_BYTES)
        return factor * _count_units(size, unit)
    return 1


def _count_units(size: int, unit: int) -> int:
    return max(1, math.ceil(size / unit))
