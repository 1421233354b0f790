"""The port to a table of items with a partition and a sort key, and the writes that it can make at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from shared.models.errors import Retryable

T = TypeVar("T")

Attributes = Mapping[str, Any]
"""An item's attributes as JSON-like values: str, int, float, bool, None, lists and mappings."""

MAX_WRITES: Final = 100
"""Writes in one transaction (DynamoDB's TransactWriteItems quota)."""

MAX_CONFLICTS: Final = 20
"""Tries at a write whose conditions keep changing, before it is given up as `shared.models.errors.Retryable`."""

LAST: Final = "\U0010ffff"
"""A text that sorts after every sort key; behind a prefix, after every sort key that begins with it."""


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
    """A condition did not hold, or another transaction was writing at that moment, and nothing was written.

    `keys` are the items whose writes failed; looking at them again tells which it was.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(f"conditions failed on {', '.join(f'{key.pk} {key.sk}' for key in keys) or 'unknown items'}")
        self.keys = tuple(keys)


def retry_on_conflict(attempt: Callable[[], T], what: str) -> T:
    """Make an attempt, which reads and writes, again whenever another write came between the two.

    Raises `Retryable`, which names `what` keeps changing, when that does not end.
    """
    for _ in range(MAX_CONFLICTS):
        try:
            return attempt()
        except Conflict:
            continue
    raise Retryable(f"{what} is written by too many at once")


class Index(StrEnum):
    """The listing indexes. Both sort by `GSI1SK`, and hold only the items that have it."""

    ALL = "GSI1"
    STATUS = "GSI2"


INDEX_PARTITION: Final[Mapping[Index, str]] = {Index.ALL: "GSI1PK", Index.STATUS: "status"}
"""The attribute that is each index's partition key."""

INDEX_SORT: Final = "GSI1SK"


class Position(NamedTuple):
    """A place in an index: an item's key, and the value it is sorted by."""

    key: Key
    sort: str


class Table(Protocol):
    """A table. Throttling and outages raise `shared.models.errors.Retryable`."""

    def get(self, key: Key) -> Attributes | None:
        """Read one item, consistently; None if there is none."""
        ...

    def query(
        self, pk: str, *, first: str = "", last: str = LAST, after: str | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        """Return the items of a partition whose sort key is from `first` to `last` inclusive, in order, consistently.

        With `after`, a sort key in that range, only those that follow it, whether there is such an item or not; with
        `limit` so many at the most. Fewer than `limit` are all that there are.
        """
        ...

    def query_index(
        self, index: Index, value: str, *, after: Position | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        """Return the items of an index's partition, last in order first; `after` and `limit` as of `query`.

        An index follows the table a moment later.
        """
        ...

    def write(self, *writes: Write) -> None:
        """Make all writes or none; raises `Conflict` if a condition does not hold."""
        ...
