"""Stores large values in pieces, so that the file's cache never holds a whole value."""

from typing import Final, Generic, TypeVar

from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.partitions import Partitions

P = TypeVar("P")
K = TypeVar("K")

PIECE_BYTES: Final = 1024 * 1024


class Bodies(Generic[P, K]):
    """Stores bytes by place and name; all bytes of a place can be dropped together."""

    def __init__(self, spool: Spool) -> None:
        self._pieces: Partitions[P, tuple[K, int], bytes] = Partitions(spool)

    def write(self, place: P, name: K, body: bytes) -> None:
        """Store a body, replacing an earlier one of this name."""
        self.drop(place, name)
        pieces = self._pieces[place]
        for number, start in enumerate(range(0, len(body) or 1, PIECE_BYTES)):
            pieces[name, number] = body[start : start + PIECE_BYTES]

    def read(self, place: P, name: K) -> bytes | None:
        """Return a body, or None if there is none."""
        chunks, pieces = list[bytes](), self._pieces[place]
        while (chunk := pieces.get((name, len(chunks)))) is not None:
            chunks.append(chunk)
        return b"".join(chunks) if chunks else None

    def drop(self, place: P, name: K) -> None:
        """Drop a body, if there is one."""
        number, pieces = 0, self._pieces[place]
        while pieces.pop((name, number), None) is not None:
            number += 1

    def list_places(self) -> list[P]:
        """Return the places at which there are bodies."""
        return list(self._pieces)

    def drop_all(self, place: P) -> None:
        """Drop all bodies at a place."""
        del self._pieces[place]
