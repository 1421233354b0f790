"""The file in which values are stored, and their format."""

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
    """One file for any number of dictionaries; thread-safe.

    Nobody else can open the file, as it is already unlinked; its space is freed whenever the process ends.
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
        """Free the space; nothing can be read any more."""
        with self.lock:
            self._file.close()

    def assign_number(self, owner: object) -> int:
        """Return a number for the owner's rows; they are dropped when the owner is garbage-collected."""
        number = next(self._numbers)
        weakref.finalize(owner, self._dropped.append, number).atexit = False
        return number

    def select(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        with self.lock:
            return self._file.execute(sql, values).fetchall()

    def change(self, sql: str, *values: object) -> int:
        """Change rows; return how many changed."""
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
    """Serialize a key: equal keys give equal bytes.

    Later versions of the marshal format do not guarantee that.
    """
    return marshal.dumps(key, 0)


def read_key(key: bytes) -> Any:
    """Deserialize a key."""
    return marshal.loads(key)  # noqa: S302 - written by this process


def pack(value: object) -> bytes:
    """Serialize a value."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def unpack(value: bytes) -> Any:
    """Deserialize a value."""
    return pickle.loads(value)  # noqa: S301 - written by this process
