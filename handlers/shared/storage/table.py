"""The port to a table of items with a partition and a sort key, and the writes that it can make at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

Attributes = Mapping[str, Any]
"""An item's attributes as JSON-like values: str, int, float, bool, None, lists and mappings."""

MAX_WRITES: Final = 100
"""Writes in one transaction (DynamoDB's TransactWriteItems quota)."""


class Key(NamedTuple):
    """A primary key."""

    pk: str
    sk: str


class Item(NamedTuple):
    """A stored item."""

    key: Key
    attributes: Attributes


@dataclass(frozen=True)
class Put:
    """Write a whole item; with `absent`, only where there is none."""

    key: Key
    attributes: Attributes
    absent: bool = False


@dataclass(frozen=True)
class Update:
    """Set and add to attributes of an item that exists and whose attributes are `among` the given values."""

    key: Key
    set: Attributes = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    among: Mapping[str, Collection[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Remove:
    """Delete an item, if it is there."""

    key: Key


Write = Put | Update | Remove


class Conflict(Exception):
    """A condition did not hold, and nothing was written; `keys` are the items whose conditions failed."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(f"conditions failed on {', '.join(f'{key.pk} {key.sk}' for key in keys) or 'unknown items'}")
        self.keys = tuple(keys)


class Page(NamedTuple):
    """Some items of a query, and where the next page begins (None at the end)."""

    items: tuple[Item, ...]
    next: Mapping[str, str] | None


class Table(Protocol):
    """A table. Throttling and outages raise `shared.errors.Retryable`."""

    def get(self, key: Key) -> Attributes | None:
        """Read one item, consistently; None if there is none."""
        ...

    def query(self, pk: str, *, first: str = "", last: str = "\U0010ffff") -> tuple[Item, ...]:
        """Every item of a partition whose sort key is from `first` to `last` inclusive, in order, consistently."""
        ...

    def listed(self, index_pk: str, *, limit: int, start: Mapping[str, str] | None = None) -> Page:
        """One page of the listing index, newest first."""
        ...

    def write(self, *writes: Write) -> None:
        """Make all writes or none; raises `Conflict` if a condition does not hold."""
        ...
