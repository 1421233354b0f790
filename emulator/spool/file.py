"""The file in which values rest, and how they are written there."""

import itertools
import marshal
import pickle
import sqlite3
import threading
import weakref
from collections import deque
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

SETUP: Final = """
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE records (shelf INTEGER, key BLOB, value BLOB, PRIMARY KEY (shelf, key));
CREATE INDEX arrivals ON records (shelf);
CREATE TABLE items (shelf INTEGER, part BLOB, key BLOB, value BLOB, PRIMARY KEY (shelf, part, key)) WITHOUT ROWID;
"""


class Spool(AbstractContextManager["Spool"]):
    """One file for any number of dictionaries; safe to use from any thread.

    Nobody else can open the file: it has no name any more when this returns, and its space is free again when the
    process ends, however it ends.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "spool.sqlite"
        path.unlink(missing_ok=True)
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._dropped: deque[int] = deque()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.executescript(SETUP)
        path.unlink()

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the space back; nothing can be read any more."""
        with self.lock:
            self._file.close()

    def number_for(self, owner: object) -> int:
        """Return the number under which the owner keeps its rows; they are dropped when the owner is gone."""
        number = next(self._numbers)
        weakref.finalize(owner, self._dropped.append, number).atexit = False
        return number

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self.lock:
            return self._file.execute(sql, values).fetchall()

    def change(self, sql: str, *values: object) -> int:
        """Change rows; return how many were."""
        with self.lock:
            while self._dropped:
                self.drop(self._dropped.popleft())
            return self._file.execute(sql, values).rowcount

    def drop(self, number: int) -> None:
        """Drop all rows of one owner."""
        with self.lock:
            self._file.execute("DELETE FROM records WHERE shelf = ?", (number,))
            self._file.execute("DELETE FROM items WHERE shelf = ?", (number,))


def pack_key(key: Any) -> bytes:
    """Return a key as the file has it: the same bytes for equal keys.

    Later versions of the format do not promise that.
    """
    return marshal.dumps(key, 0)


def read_key(key: bytes) -> Any:
    """Return the key that the file has as these bytes."""
    return marshal.loads(key)  # noqa: S302 - written by this process


def pack(value: object) -> bytes:
    """Return a value as the file has it."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def unpack(value: bytes) -> Any:
    """Return the value that the file has as these bytes."""
    return pickle.loads(value)  # noqa: S301 - written by this process
