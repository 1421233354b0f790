"""Authenticates callers by their token, in constant time, before anything else of a request is read."""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from api_handler.tokens import Tokens

OPEN_PATHS: Final = frozenset({"/health", "/openapi.json", "/docs"})
MAX_TOKEN: Final = 512


def is_authorized(request: APIGatewayProxyEvent, tokens: Callable[[], Tokens]) -> bool:
    """Return whether a request is allowed: its path is open, or its bearer token (RFC 6750) is valid."""
    return request.path.rstrip("/") in OPEN_PATHS or _is_valid(_read_bearer_token(request), tokens)


def _read_bearer_token(request: APIGatewayProxyEvent) -> str:
    scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_valid(presented: str, tokens: Callable[[], Tokens]) -> bool:
    if not presented or len(presented) > MAX_TOKEN:
        return False
    known = tokens()
    return _is_among(presented, known.list_valid()) or _is_among(presented, known.refresh())


def _is_among(presented: str, valid: Iterable[str]) -> bool:
    # Compare digests with all tokens, so that timing reveals neither which one matches nor its length.
    matches = [hmac.compare_digest(_hash_token(presented), _hash_token(token)) for token in valid]
    return any(matches)


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
