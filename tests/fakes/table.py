"""The table port in memory."""

import copy
import json
from collections.abc import Mapping
from threading import Lock

from shared.storage.table import Attributes, Conflict, Item, Key, Page, Put, Remove, Update, Write


class InMemoryTable:
    """A table that makes all writes or none, under one lock."""

    def __init__(self) -> None:
        self.items: dict[Key, dict[str, object]] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Attributes | None:
        found = self.items.get(key)
        return copy.deepcopy(found) if found is not None else None

    def query(self, pk: str, *, first: str = "", last: str = "\U0010ffff") -> tuple[Item, ...]:
        keys = sorted(key for key in self.items if key.pk == pk and first <= key.sk <= last)
        return tuple(Item(key, copy.deepcopy(self.items[key])) for key in keys)

    def listed(self, index_pk: str, *, limit: int, start: Mapping[str, str] | None = None) -> Page:
        indexed = [Item(key, item) for key, item in self.items.items() if item.get("GSI1PK") == index_pk]
        ordered = sorted(indexed, key=lambda item: str(item.attributes["GSI1SK"]), reverse=True)
        rest = [item for item in ordered if not start or str(item.attributes["GSI1SK"]) < start["GSI1SK"]]
        page = tuple(rest[:limit])
        return Page(page, _position(page[-1]) if len(rest) > limit else None)

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
    """What a store gives back: plain values, no enums or tuples."""
    plain: dict[str, object] = json.loads(json.dumps(dict(attributes)))
    return plain


def _position(item: Item) -> Mapping[str, str]:
    attributes = item.attributes
    return {"PK": item.key.pk, "SK": item.key.sk, "GSI1PK": attributes["GSI1PK"], "GSI1SK": attributes["GSI1SK"]}
