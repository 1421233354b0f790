"""The sizes of items, tables and indexes agree with AWS's documentation."""

from types import SimpleNamespace
from typing import Any

import pytest

from agenticai.emulator.engines.ministack.table_sizes import TableSizes, count_item_bytes


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "0"}, 1),
        ({"N": "1200"}, 2),
        ({"N": "-0.00123"}, 3),
        ({"N": "12345"}, 4),
        ({"B": "AAEC"}, 3),
        ({"B": "AA=="}, 1),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 3 + 2 + 3),
        ({"M": {"k": {"S": "ab"}}}, 3 + 1 + 3),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "22"]}, 4),
    ],
)
def test_an_attribute_is_its_name_and_its_value(value: Any, size: int) -> None:
    assert count_item_bytes({"name": value}) == 4 + size


class Table:
    """A table with an index that projects one attribute, stored as in MiniStack."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {
            "KeySchema": [{"AttributeName": "PK"}],
            "items": {},
            "GlobalSecondaryIndexes": [
                {
                    "KeySchema": [{"AttributeName": "GK"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
                }
            ],
        }
        self.dynamodb = SimpleNamespace(_set_item=self._set, _remove_item=self._remove, _update_counts=lambda _: None)
        TableSizes(self.dynamodb)

    @staticmethod
    def _set(table: Any, partition: str, sort: str, item: Any) -> Any:
        table["TableSizeBytes"] = 200
        old = table["items"].setdefault(partition, {}).get(sort)
        table["items"][partition][sort] = item
        return old

    @staticmethod
    def _remove(table: Any, partition: str, sort: str) -> Any:
        table["TableSizeBytes"] = 0
        return table["items"].get(partition, {}).pop(sort, None)

    def sizes(self) -> tuple[int, int, int]:
        (index,) = self.held["GlobalSecondaryIndexes"]
        return self.held["TableSizeBytes"], index.get("IndexSizeBytes", 0), index.get("ItemCount", 0)


PLAIN = {"PK": {"S": "p"}, "a": {"S": "xx"}, "b": {"S": "yyyy"}}
INDEXED = {**PLAIN, "GK": {"S": "g"}}


def test_a_write_counts_in_the_table_and_in_the_indexes_that_have_the_item() -> None:
    table = Table()
    table.dynamodb._set_item(table.held, "p", "s", PLAIN)
    assert table.sizes() == (3 + 3 + 5, 0, 0)
    table.dynamodb._set_item(table.held, "p", "s", INDEXED)
    assert table.sizes() == (14, 3 + 3 + 3, 1)
    table.dynamodb._remove_item(table.held, "p", "s")
    table.dynamodb._remove_item(table.held, "p", "s")
    assert table.sizes() == (0, 0, 0)


def test_items_that_came_in_the_place_of_others_are_counted_anew() -> None:
    table = Table()
    table.dynamodb._set_item(table.held, "p", "s", PLAIN)
    table.held["items"] = {"p": {"s": INDEXED, "t": PLAIN}}
    table.dynamodb._update_counts(table.held)
    assert table.sizes() == (14 + 11, 9, 1)
