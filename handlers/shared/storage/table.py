"""The port to a table of items with a partition and a sort key, and its transactional writes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from shared.models.errors import Retryable

T = TypeVar("T")

Attributes = Mapping[str, Any]
"""An item's attributes as JSON-like values: str, int, float, bool, None, lists and mappings."""

MAX_WRITES: Final = 100
"""Maximum writes in one transaction (DynamoDB's TransactWriteItems quota)."""

MAX_CONFLICTS: Final = 20
"""Maximum attempts at a write that meets conflicts; then `shared.models.errors.Retryable` is raised."""

LAST: Final = "\U0010ffff"
"""Sorts after every sort key; appended to a prefix, after every sort key with that prefix."""


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
    """Write a whole item; with `absent`, only if it does not exist."""

    key: Key
    attributes: Attributes
    absent: bool = False


@dataclass(frozen=True)
class Update:
    """Set and add to attributes of an existing item whose attributes are `among` the given values."""

    key: Key
    set: Attributes = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    among: Mapping[str, Collection[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Remove:
    """Delete an item, if it exists."""

    key: Key


Write = Put | Update | Remove


class Conflict(Exception):
    """A condition failed, or another transaction was writing at that moment; nothing was written.

    `keys` are the items whose writes failed; read them again to find out which it was.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(f"conditions failed on {', '.join(f'{key.pk} {key.sk}' for key in keys) or 'unknown items'}")
        self.keys = tuple(keys)


def retry_on_conflict(attempt: Callable[[], T], what: str) -> T:
    """Call `attempt`, which reads and writes, again whenever another write came between the two.

    Raises `Retryable`, which names `what` keeps changing, after too many conflicts.
    """
    for _ in range(MAX_CONFLICTS):
        try:
            return attempt()
        except Conflict:
            continue
    raise Retryable(f"{what} is written by too many at once")


class Index(StrEnum):
    """The listing indexes. Both sort by `GSI1SK`, and contain only items that have it."""

    ALL = "GSI1"
    STATUS = "GSI2"


INDEX_PARTITION: Final[Mapping[Index, str]] = {Index.ALL: "GSI1PK", Index.STATUS: "status"}
"""The attribute that is each index's partition key."""

INDEX_SORT: Final = "GSI1SK"


class Position(NamedTuple):
    """A position in an index: an item's key, and its sort value."""

    key: Key
    sort: str


class Table(Protocol):
    """A table. Throttling and outages raise `shared.models.errors.Retryable`."""

    def get(self, key: Key) -> Attributes | None:
        """Return one item, read consistently; None if it does not exist."""
        ...

    def query(
        self, pk: str, *, first: str = "", last: str = LAST, after: str | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        """Return the items of a partition with sort keys from `first` to `last` inclusive, in order, read consistently.

        `after`, a sort key in that range that need not exist, restricts them to later items, and `limit` to a maximum
        number. Fewer than `limit` are all that exist.
        """
        ...

    def query_index(
        self, index: Index, value: str, *, after: Position | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        """Return the items of an index's partition in descending order; `after` and `limit` are as in `query`.

        An index is eventually consistent with the table.
        """
        ...

    def write(self, *writes: Write) -> None:
        """Make all writes or none. Raises `Conflict` if a condition fails."""
        ...
