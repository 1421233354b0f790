"""Cursors: where the next page of one list begins, as text that callers pass back and do not read."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from api_handler.problems import Problem, ProblemKind

R = TypeVar("R")


@dataclass(frozen=True)
class Listing(Generic[R]):
    """A list that is answered page by page.

    `name` tells it from every other list, so that its cursors are good for no other. `place` is where a record stands
    in it, as text; `is_place` knows such a text, and what else a cursor may hold has been made up.
    """

    name: tuple[str, ...]
    place: Callable[[R], str]
    is_place: Callable[[str], object]

    def after(self, cursor: str | None) -> str | None:
        """Return the place after which a cursor's page begins; None for the first page.

        Raises `Problem` for a cursor of another list, or of no list.
        """
        if cursor is None:
            return None
        match _decode(cursor):
            case [*name, str(place)] if tuple(name) == self.name and self.is_place(place):
                return place
        raise _foreign()

    def rest(self, records: list[R], cursor: str | None) -> list[R]:
        """Return what follows the place of a cursor, of records that were all read and are sorted by their places."""
        after = self.after(cursor)
        return [record for record in records if after is None or self.place(record) > after]

    def page(self, records: list[R], limit: int) -> tuple[list[R], str | None]:
        """Return the first `limit` of what follows a place, and the cursor of the rest; None if there is no rest.

        One record more than the page holds is enough to tell.
        """
        shown = records[:limit]
        return shown, _encode([*self.name, self.place(shown[-1])]) if len(records) > limit else None


def _encode(value: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decode(cursor: str) -> object:
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise _foreign() from error


def _foreign() -> Problem:
    return Problem(ProblemKind.FOREIGN_CURSOR, "The cursor is not one that this list gave; start without one.")
