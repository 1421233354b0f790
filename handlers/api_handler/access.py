"""Who may call: the holder of the token, compared in constant time."""

import hmac
from collections.abc import Callable
from typing import Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from api_handler.problems import Unauthorized, respond

OPEN_PATHS: Final = frozenset({"/health"})
_MAX_TOKEN: Final = 512

Token = Callable[[], str]


def bearer(expected: Token) -> Callable[[ApiGatewayResolver, NextMiddleware], Response[str]]:
    """A middleware that lets a request pass if its bearer token is the `expected` one."""

    def require_token(app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[str]:
        if app.current_event.path.rstrip("/") in OPEN_PATHS or _matches(_presented(app), expected):
            return next_middleware(app)
        return respond(Unauthorized())

    return require_token


def _presented(app: ApiGatewayResolver) -> str:
    header = (app.current_event.headers or {}).get("authorization") or ""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _matches(presented: str, expected: Token) -> bool:
    if not presented or len(presented) > _MAX_TOKEN:
        return False
    return hmac.compare_digest(presented.encode("utf-8", "surrogatepass"), expected().encode())
