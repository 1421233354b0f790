"""Cursors: opaque text that says where the next page of a list begins."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from api_handler.problems import Problem, ProblemKind

R = TypeVar("R")


@dataclass(frozen=True)
class Listing(Generic[R]):
    """A list that is returned page by page.

    `name` identifies the list, so that its cursors are valid for no other list. `place` returns a record's position as
    text, by which the list is sorted; `is_place` tells whether text is such a position, to detect forged cursors.
    """

    name: tuple[str, ...]
    place: Callable[[R], str]
    is_place: Callable[[str], object]

    def after(self, cursor: str | None) -> str | None:
        """Return the position after which a cursor's page begins; None for the first page.

        Raises `Problem` for a cursor of another list, or an invalid one.
        """
        if cursor is None:
            return None
        match _decode(cursor):
            case [*name, str(place)] if tuple(name) == self.name and self.is_place(place):
                return place
        raise _make_foreign_cursor_problem()

    def rest(self, records: list[R], cursor: str | None) -> list[R]:
        """Return the records after the cursor's position; `records` are the whole list, sorted by position."""
        after = self.after(cursor)
        return [record for record in records if after is None or self.place(record) > after]

    def page(self, records: list[R], limit: int) -> tuple[list[R], str | None]:
        """Return the first `limit` records, and the cursor of the next page; None if this is the last.

        `records` begin after the cursor's position; pass one more than the limit to show that there is a next page.
        """
        shown = records[:limit]
        return shown, _encode([*self.name, self.place(shown[-1])]) if len(records) > limit else None


def _encode(value: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decode(cursor: str) -> object:
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise _make_foreign_cursor_problem() from error


def _make_foreign_cursor_problem() -> Problem:
    return Problem(ProblemKind.FOREIGN_CURSOR, "The cursor does not belong to this list; start without a cursor.")
