"""Computes the sizes of tables and indexes in bytes, as DynamoDB counts them.

The rules are those of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

HEAD_BYTES: Final = 3
"""The overhead of a list or a map; each of its elements adds `ELEMENT_BYTES`."""

ELEMENT_BYTES: Final = 1

Item = Mapping[str, Mapping[str, Any]]
"""An item in the JSON of DynamoDB's API."""


class TableSizes:
    """Updates the sizes that DescribeTable returns whenever an item is stored or deleted."""

    def __init__(self, dynamodb: Any) -> None:
        self._set, self._remove, self._recount = dynamodb._set_item, dynamodb._remove_item, dynamodb._update_counts
        dynamodb._set_item = self._set_item
        dynamodb._remove_item = self._remove_item
        dynamodb._update_counts = self._update_counts

    def _set_item(self, table: Any, partition: str, sort: str, item: Item) -> Item | None:
        size = table.get("TableSizeBytes", 0)
        old: Item | None = self._set(table, partition, sort, item)
        table["TableSizeBytes"] = size
        self._add(table, old, -1)
        self._add(table, item, 1)
        return old

    def _remove_item(self, table: Any, partition: str, sort: str) -> Item | None:
        size = table.get("TableSizeBytes", 0)
        old: Item | None = self._remove(table, partition, sort)
        table["TableSizeBytes"] = size
        self._add(table, old, -1)
        return old

    def _update_counts(self, table: Any) -> None:
        self._recount(table)
        table["TableSizeBytes"] = 0
        for index in _list_indexes(table):
            index["IndexSizeBytes"] = index["ItemCount"] = 0
        for items in table["items"].values():
            for item in items.values():
                self._add(table, item, 1)

    @staticmethod
    def _add(table: Any, item: Item | None, sign: int) -> None:
        """Add the size of an item, or subtract it with sign -1, to its table and the indexes that contain it."""
        if item is None:
            return
        table["TableSizeBytes"] += sign * count_item_bytes(item)
        for index in _list_indexes(table):
            if (copy := _project_item(item, table, index)) is not None:
                index["IndexSizeBytes"] = index.get("IndexSizeBytes", 0) + sign * count_item_bytes(copy)
                index["ItemCount"] = index.get("ItemCount", 0) + sign


def _list_indexes(table: Any) -> Iterator[Any]:
    yield from table.get("GlobalSecondaryIndexes") or ()
    yield from table.get("LocalSecondaryIndexes") or ()


def _project_item(item: Item, table: Any, index: Any) -> Item | None:
    """Return an item as projected into an index; None if the index does not contain it."""
    keys = {key["AttributeName"] for key in index["KeySchema"]}
    if not keys <= item.keys():
        return None
    projection = index.get("Projection", {})
    if projection.get("ProjectionType", "ALL") == "ALL":
        return item
    projected = keys | {key["AttributeName"] for key in table["KeySchema"]} | {*projection.get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in projected}


def count_item_bytes(item: Item) -> int:
    """Return the size of an item: its attributes' names and values."""
    return sum(len(name.encode()) + _count_value_bytes(value) for name, value in item.items())


def _count_value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            return _count_number_bytes(content)
        case "B":
            return len(content) * 3 // 4 - str(content).count("=")  # it is base64
        case "L":
            return HEAD_BYTES + sum(ELEMENT_BYTES + _count_value_bytes(each) for each in content)
        case "M":
            return HEAD_BYTES + len(content) * ELEMENT_BYTES + count_item_bytes(content)
        case "SS" | "NS" | "BS":
            return sum(_count_value_bytes({kind[0]: each}) for each in content)
        case _:
            return 1  # a null or a boolean


def _count_number_bytes(text: str) -> int:
    """Return the size of a number: a byte per two significant digits, and one more."""
    digits = "".join(map(str, Decimal(text).as_tuple().digits)).strip("0")
    return (len(digits) + 1) // 2 + 1
