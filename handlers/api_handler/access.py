"""Who may call: the holder of the token, compared in constant time, before anything else of a request is read."""

import hmac
from collections.abc import Callable
from typing import Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

OPEN_PATHS: Final = frozenset({"/health"})
_MAX_TOKEN: Final = 512

Token = Callable[[], str]


def admits(event: APIGatewayProxyEvent, expected: Token) -> bool:
    """Whether a request may pass: its path is open, or its bearer token (RFC 6750) is the `expected` one."""
    return event.path.rstrip("/") in OPEN_PATHS or _matches(_presented(event), expected)


def _presented(event: APIGatewayProxyEvent) -> str:
    scheme, _, token = (event.headers.get("authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _matches(presented: str, expected: Token) -> bool:
    if not presented or len(presented) > _MAX_TOKEN:
        return False
    return hmac.compare_digest(presented.encode("utf-8", "surrogatepass"), expected().encode())
