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
from agenticai.emulator.engines.ministack.table_sizes import Item, count_item_bytes

WANTED: Final = "ReturnConsumedCapacity"
CONSUMED_CAPACITY: Final = "ConsumedCapacity"

Answer = tuple[int, dict[str, str], bytes | str]
Handle = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Answer]]


def meter_capacity(handle: Handle) -> Handle:
    """Report the capacity of each call on items to the meter; answers contain it only if the caller asked for it."""

    async def handle_metered(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        request = _parse_object(body) if operation in READS | WRITES else {}
        unrequested = operation in WRITES and request.get(WANTED, "NONE") == "NONE"
        forwarded = json.dumps({**request, WANTED: "TOTAL"}).encode() if request and unrequested else body
        status, response_headers, payload = await handle(method, path, headers, forwarded, query)
        if status != 200 or not request:
            return status, response_headers, payload
        answer = _parse_object(payload)
        add_capacity(count_read_units(request, answer) if operation in READS else _read_consumed(answer))
        if not unrequested:
            return status, response_headers, payload
        return _write_answer(
            status, response_headers, {name: value for name, value in answer.items() if name != CONSUMED_CAPACITY}
        )

    return handle_metered


def count_read_units(request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Return the units of a read, from its request and answer."""
    if "TransactItems" in request:
        return TRANSACTION * sum(_count_units([response.get("Item", {})]) for response in answer.get("Responses", ()))
    if "RequestItems" in request:
        return sum(
            _find_rate(table_request)
            * (sum(_count_units([item]) for item in items) + len(table_request["Keys"]) - len(items))
            for table, table_request in request["RequestItems"].items()
            for items in [answer.get("Responses", {}).get(table, ())]
        )
    return _find_rate(request) * _count_units([*answer.get("Items", ()), answer.get("Item", {})])


def _find_rate(request: Mapping[str, Any]) -> float:
    return 1.0 if request.get("ConsistentRead") else 0.5


def _count_units(items: Iterable[Item]) -> int:
    return max(1, math.ceil(sum(map(count_item_bytes, items)) / READ_UNIT_BYTES))


def _read_consumed(answer: Mapping[str, Any]) -> float:
    consumed = answer.get(CONSUMED_CAPACITY, ())
    return sum(float(entry["CapacityUnits"]) for entry in ([consumed] if isinstance(consumed, dict) else consumed))


def _parse_object(text: bytes | str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _write_answer(status: int, headers: dict[str, str], answer: Mapping[str, Any]) -> Answer:
    """Return an answer with the checksum that some SDKs verify."""
    text = json.dumps(answer, ensure_ascii=False).encode()
    return status, {**headers, "x-amz-crc32": str(zlib.crc32(text))}, text
