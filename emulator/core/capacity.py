"""Lets an engine that knows item sizes report the DynamoDB capacity of a call to the meter."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_TAKEN: Final[ContextVar[list[float] | None]] = ContextVar("taken", default=None)


@contextmanager
def collect_capacity() -> Iterator[list[float]]:
    """Yield a list to which `add_capacity` appends during the block; it stays empty with other engines."""
    taken: list[float] = []
    token = _TAKEN.set(taken)
    try:
        yield taken
    finally:
        _TAKEN.reset(token)


def add_capacity(units: float) -> None:
    """Report that the current call consumes this many read or write units."""
    taken = _TAKEN.get()
    if taken is not None:
        taken.append(units)
