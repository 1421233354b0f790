"""Idempotency-Key: how a caller says that two requests are one (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib

from api_handler.requests import Once
from shared.models.base import Model


def once(key: str | None, operation: str, body: Model | None = None) -> Once | None:
    """What is kept of a key and of what it came with; None without a key."""
    if key is None:
        return None
    return Once(key=_digest(key), content=_digest(f"{operation}\n{body.model_dump_json() if body else ''}"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
