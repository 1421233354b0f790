"""A dictionary that keeps only its most recently used values in memory."""

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import Final, Generic, Literal, TypeVar

from agenticai.emulator.spool.file import Spool, pack, pack_key, read_key, unpack

K = TypeVar("K")
V = TypeVar("V")

HELD: Final = 500
"""How many values of a shelf are held in memory: the most recently used ones."""


class Shelf(MutableMapping[K, V], Generic[K, V]):
    """A dictionary with keys of text, numbers and tuples, in insertion order.

    A value is written to the file after `held` others have been used. Until then it may be changed in place, as in a
    plain dictionary.
    """

    def __init__(self, spool: Spool, held: int = HELD) -> None:
        self._spool = spool
        self._held_limit = held
        self._number = spool.assign_number(self)
        self._held: OrderedDict[K, tuple[V, bytes]] = OrderedDict()
        """Each value with its serialized form in the file."""

    def __getitem__(self, key: K) -> V:
        with self._spool.lock:
            if key not in self._held:
                rows = self._read(key, "value")
                if not rows:
                    raise KeyError(key)
                self._held[key] = unpack(rows[0][0]), rows[0][0]
            value, _ = self._held[key]
            self._hold(key)
            return value

    def __setitem__(self, key: K, value: V) -> None:
        with self._spool.lock:
            if key not in self._held:
                insert = "INSERT OR IGNORE INTO records (shelf, key) VALUES (?, ?)"
                self._spool.change(insert, self._number, pack_key(key))
            self._held[key] = value, b""
            self._hold(key)

    def __delitem__(self, key: K) -> None:
        with self._spool.lock:
            self._held.pop(key, None)
            delete = "DELETE FROM records WHERE shelf = ? AND key = ?"
            if not self._spool.change(delete, self._number, pack_key(key)):
                raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        with self._spool.lock:
            return key in self._held or bool(self._read(key, "1"))

    def __iter__(self) -> Iterator[K]:
        rows = self._spool.select("SELECT key FROM records WHERE shelf = ? ORDER BY rowid", self._number)
        return iter([read_key(key) for (key,) in rows])

    def __len__(self) -> int:
        return int(self._spool.select("SELECT count(*) FROM records WHERE shelf = ?", self._number)[0][0])

    def find_first(self) -> K:
        """Return the oldest key. Raises KeyError if there is none."""
        rows = self._spool.select("SELECT key FROM records WHERE shelf = ? ORDER BY rowid LIMIT 1", self._number)
        if not rows:
            raise KeyError("the shelf is empty")
        key: K = read_key(rows[0][0])
        return key

    def clear(self) -> None:
        """Remove all entries."""
        with self._spool.lock:
            self._held.clear()
            self._spool.drop(self._number)

    def _read(self, key: object, column: Literal["1", "value"]) -> list[tuple[bytes]]:
        query = f"SELECT {column} FROM records WHERE shelf = ? AND key = ?"  # noqa: S608 - one of two
        return self._spool.select(query, self._number, pack_key(key))

    def _hold(self, key: K) -> None:
        """Hold this value as the most recently used, and write those beyond the limit to the file."""
        self._held.move_to_end(key)
        while len(self._held) > self._held_limit:
            oldest, (value, written) = self._held.popitem(last=False)
            if (packed := pack(value)) != written:
                row_key = self._number, pack_key(oldest)
                self._spool.change("UPDATE records SET value = ? WHERE shelf = ? AND key = ?", packed, *row_key)
