"""Cursors: where the next page begins, as text that callers pass back and do not read."""

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus

from api_handler.problems import Problem


def encode(start: Mapping[str, str] | None) -> str | None:
    """The cursor for a position; None at the end."""
    if start is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(dict(start), sort_keys=True).encode()).decode().rstrip("=")


def decode(cursor: str | None) -> Mapping[str, str] | None:
    """The position of a cursor; raises `Problem` (400) for one that this API did not make."""
    if not cursor:
        return None
    try:
        start = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _foreign() from error
    if not isinstance(start, dict) or {"PK", "SK", "GSI1PK", "GSI1SK"} != set(start):
        raise _foreign()
    if not all(isinstance(value, str) and 0 < len(value) < 200 for value in start.values()):
        raise _foreign()
    return start


def _foreign() -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "bad-cursor", "The cursor is not one that this API gave; start without one.")
