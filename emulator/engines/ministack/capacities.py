"""Computes the DynamoDB capacity that each call consumes, from the sizes of items.

Items are rounded up one by one, those of a query together. An update counts the larger of the old and new item, and
each index with the item consumes units of its own: for writes, MiniStack returns that as `ConsumedCapacity`. Eventually
consistent reads consume half. Data that a filter or projection drops is not counted here, although AWS counts it. See
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html.
"""

import json
import math
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from agenticai.emulator.core.billing_units import READ_UNIT_BYTES, READS, TRANSACTION, WRITES
from agenticai.emulator.core.capacity import add_capacity
from agenticai.emulator.engines.ministack.table_sizes import Item, item_bytes

WANTED: Final = "ReturnConsumedCapacity"
CONSUMED_CAPACITY: Final = "ConsumedCapacity"

Answer = tuple[int, dict[str, str], bytes | str]
Handle = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Answer]]


def meter_capacity(handle: Handle) -> Handle:
    """Report the capacity of each call on items to the meter; answers contain it only if the caller asked for it."""

    async def handled(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        asked = _read(body) if operation in READS | WRITES else {}
        unasked = operation in WRITES and asked.get(WANTED, "NONE") == "NONE"
        sent = json.dumps({**asked, WANTED: "TOTAL"}).encode() if asked and unasked else body
        status, answered, text = await handle(method, path, headers, sent, query)
        if status != 200 or not asked:
            return status, answered, text
        answer = _read(text)
        add_capacity(read_units(asked, answer) if operation in READS else _told(answer))
        if not unasked:
            return status, answered, text
        return _written(status, answered, {name: value for name, value in answer.items() if name != CONSUMED_CAPACITY})

    return handled


def read_units(asked: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Return the units of a read, from its request and answer."""
    if "TransactItems" in asked:
        return TRANSACTION * sum(_units([one.get("Item", {})]) for one in answer.get("Responses", ()))
    if "RequestItems" in asked:
        return sum(
            _rate(wanted) * (sum(_units([item]) for item in found) + len(wanted["Keys"]) - len(found))
            for table, wanted in asked["RequestItems"].items()
            for found in [answer.get("Responses", {}).get(table, ())]
        )
    return _rate(asked) * _units([*answer.get("Items", ()), answer.get("Item", {})])


def _rate(asked: Mapping[str, Any]) -> float:
    return 1.0 if asked.get("ConsistentRead") else 0.5


def _units(items: Iterable[Item]) -> int:
    return max(1, math.ceil(sum(map(item_bytes, items)) / READ_UNIT_BYTES))


def _told(answer: Mapping[str, Any]) -> float:
    told = answer.get(CONSUMED_CAPACITY, ())
    return sum(float(one["CapacityUnits"]) for one in ([told] if isinstance(told, dict) else told))


def _read(text: bytes | str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _written(status: int, headers: dict[str, str], answer: Mapping[str, Any]) -> Answer:
    """Return an answer with the checksum that some SDKs verify."""
    text = json.dumps(answer, ensure_ascii=False).encode()
    return status, {**headers, "x-amz-crc32": str(zlib.crc32(text))}, text
