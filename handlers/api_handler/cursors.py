"""Cursors: where the next page of one list begins, as text that callers pass back and do not read."""

import base64
import binascii
import json
import re
from typing import Final

from api_handler.problems import Kind, Problem

_ID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def encode(after: str | None, status: str | None) -> str | None:
    """The cursor for what follows a project in the list of a status, or of all; None at the end."""
    if after is None:
        return None
    return base64.urlsafe_b64encode(json.dumps([status, after]).encode()).decode().rstrip("=")


def decode(cursor: str | None, status: str | None) -> str | None:
    """The id after which the page begins; raises `Problem` for a cursor of another list, or of no list."""
    if cursor is None:
        return None
    try:
        decoded = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _foreign() from error
    match decoded:
        case [listed, str(after)] if listed == status and _ID.fullmatch(after):
            return after
    raise _foreign()


def _foreign() -> Problem:
    return Problem(Kind.FOREIGN_CURSOR, "The cursor is not one that this list gave; start without one.")
