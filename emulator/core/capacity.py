"""How an engine that knows the sizes of items tells the meter what DynamoDB's capacity a call takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_TAKEN: Final[ContextVar[list[float] | None]] = ContextVar("taken", default=None)


@contextmanager
def noting_capacity() -> Iterator[list[float]]:
    """Give a list to which `note_capacity` adds while the block lasts; it stays empty with other engines."""
    taken: list[float] = []
    token = _TAKEN.set(taken)
    try:
        yield taken
    finally:
        _TAKEN.reset(token)


def note_capacity(units: float) -> None:
    """Tell that the present call takes so many read or write units."""
    taken = _TAKEN.get()
    if taken is not None:
        taken.append(units)
