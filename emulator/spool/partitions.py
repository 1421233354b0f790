"""A dictionary of dictionaries that keeps no values in memory."""

from collections.abc import ItemsView, Iterator, MutableMapping, ValuesView
from typing import Generic, TypeVar

from agenticai.emulator.spool.file import Spool, pack, pack_key, read_key, unpack

K = TypeVar("K")
P = TypeVar("P")
V = TypeVar("V")


class Partitions(MutableMapping[P, "Partition[P, K, V]"], Generic[P, K, V]):
    """A dictionary of dictionaries: values are written immediately, and every read returns a copy.

    As in a `defaultdict`, each partition exists on first access; empty ones are not listed.
    """

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.number = spool.assign_number(self)

    def __getitem__(self, part: P) -> "Partition[P, K, V]":
        return Partition(self, part)

    def __setitem__(self, part: P, values: MutableMapping[K, V]) -> None:
        with self.spool.lock:
            del self[part]
            self[part].update(values)

    def __delitem__(self, part: P) -> None:
        self.spool.change("DELETE FROM items WHERE shelf = ? AND part = ?", self.number, pack_key(part))

    def __contains__(self, part: object) -> bool:
        query = "SELECT 1 FROM items WHERE shelf = ? AND part = ? LIMIT 1"
        return bool(self.spool.select(query, self.number, pack_key(part)))

    def __iter__(self) -> Iterator[P]:
        rows = self.spool.select("SELECT DISTINCT part FROM items WHERE shelf = ?", self.number)
        return iter([read_key(part) for (part,) in rows])

    def __len__(self) -> int:
        rows = self.spool.select("SELECT count(DISTINCT part) FROM items WHERE shelf = ?", self.number)
        return int(rows[0][0])


class Partition(MutableMapping[K, V], Generic[P, K, V]):
    """One of the dictionaries in `Partitions`."""

    def __init__(self, partitions: "Partitions[P, K, V]", part: P) -> None:
        self._partitions = partitions  # keeps its rows from being dropped while this is in use
        self._spool = partitions.spool
        self._row_key = partitions.number, pack_key(part)

    def __getitem__(self, key: K) -> V:
        query = "SELECT value FROM items WHERE shelf = ? AND part = ? AND key = ?"
        rows = self._spool.select(query, *self._row_key, pack_key(key))
        if not rows:
            raise KeyError(key)
        value: V = unpack(rows[0][0])
        return value

    def __setitem__(self, key: K, value: V) -> None:
        self._spool.change(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", *self._row_key, pack_key(key), pack(value)
        )

    def __delitem__(self, key: K) -> None:
        if not self._spool.change(
            "DELETE FROM items WHERE shelf = ? AND part = ? AND key = ?", *self._row_key, pack_key(key)
        ):
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        query = "SELECT 1 FROM items WHERE shelf = ? AND part = ? AND key = ?"
        return bool(self._spool.select(query, *self._row_key, pack_key(key)))

    def __iter__(self) -> Iterator[K]:
        rows = self._spool.select("SELECT key FROM items WHERE shelf = ? AND part = ?", *self._row_key)
        return iter([read_key(key) for (key,) in rows])

    def __len__(self) -> int:
        rows = self._spool.select("SELECT count(*) FROM items WHERE shelf = ? AND part = ?", *self._row_key)
        return int(rows[0][0])

    def __deepcopy__(self, memo: object) -> dict[K, V]:
        return dict(self.items())

    def items(self) -> ItemsView[K, V]:
        """Return all keys with their values, read in one query."""
        return self._read().items()

    def values(self) -> ValuesView[V]:
        """Return all values, read in one query."""
        return self._read().values()

    def _read(self) -> dict[K, V]:
        rows = self._spool.select("SELECT key, value FROM items WHERE shelf = ? AND part = ?", *self._row_key)
        return {read_key(key): unpack(value) for key, value in rows}
