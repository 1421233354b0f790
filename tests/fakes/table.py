"""The table port in memory."""

import copy
import json
from threading import Lock

from shared.storage.table import (
    INDEX_PARTITION,
    INDEX_SORT,
    LAST,
    Attributes,
    Conflict,
    Index,
    Item,
    Key,
    Position,
    Put,
    Remove,
    Update,
    Write,
)


class InMemoryTable:
    """A table that makes all writes or none, under one lock."""

    def __init__(self) -> None:
        self.items: dict[Key, dict[str, object]] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Attributes | None:
        found = self.items.get(key)
        return copy.deepcopy(found) if found is not None else None

    def query(
        self, pk: str, *, first: str = "", last: str = LAST, after: str | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        keys = sorted(key for key in self.items if key.pk == pk and first <= key.sk <= last)
        rest = [key for key in keys if after is None or key.sk > after]
        return tuple(Item(key, copy.deepcopy(self.items[key])) for key in rest[:limit])

    def query_index(
        self, index: Index, value: str, *, after: Position | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        indexed = [
            Item(key, item)
            for key, item in self.items.items()
            if item.get(INDEX_PARTITION[index]) == value and INDEX_SORT in item
        ]
        ordered = sorted(indexed, key=_sort, reverse=True)
        return tuple(item for item in ordered if not after or _sort(item) < after.sort)[:limit]

    def write(self, *writes: Write) -> None:
        with self._lock:
            failed = [write.key for write in writes if not self._holds(write)]
            if failed:
                raise Conflict(failed)
            for write in writes:
                self._apply(write)

    def _holds(self, write: Write) -> bool:
        stored = self.items.get(write.key)
        match write:
            case Put(absent=absent):
                return not (absent and stored is not None)
            case Update(among=among):
                return stored is not None and all(stored.get(name) in allowed for name, allowed in among.items())
            case Remove():
                return True

    def _apply(self, write: Write) -> None:
        match write:
            case Put():
                self.items[write.key] = _jsonable(write.attributes)
            case Update():
                item = self.items[write.key]
                item.update(_jsonable(write.set))
                for name, amount in write.add.items():
                    before = item.get(name, 0)
                    assert isinstance(before, int)
                    item[name] = before + amount
            case Remove():
                self.items.pop(write.key, None)


def _jsonable(attributes: Attributes) -> dict[str, object]:
    """Return what a real table returns: plain values, no enums or tuples."""
    plain: dict[str, object] = json.loads(json.dumps(dict(attributes)))
    return plain


def _sort(item: Item) -> str:
    return str(item.attributes[INDEX_SORT])
