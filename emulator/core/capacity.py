"""Lets an engine that knows item sizes report the DynamoDB capacity of a call to the meter."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_TAKEN: Final[ContextVar[list[float] | None]] = ContextVar("taken", default=None)


@contextmanager
def collect_capacity() -> Iterator[list[float]]:
    """Yield a list to which `add_capacity` appends during the block; it stays empty with other engines."""
    consumed: list[float] = []
    token = _TAKEN.set(consumed)
    try:
        yield consumed
    finally:
        _TAKEN.reset(token)


def add_capacity(units: float) -> None:
    """Report that the current call consumes this many read or write units."""
    consumed = _TAKEN.get()
    if consumed is not None:
        consumed.append(units)
