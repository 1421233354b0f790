"""DynamoDB's items in the spool, and its idempotency tokens in bounded memory."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from agenticai.emulator.engines.ministack.converted import Converted, Newest
from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.partitions import Partitions

TOKENS_KEPT = 2_000
"""AWS knows a token for ten minutes; here it is forgotten before if so many transactions came after it."""

Items = Mapping[str, Mapping[str, Any]]


class Tables:
    """Stands between MiniStack's DynamoDB and the memory of what is stored in it."""

    def __init__(self, dynamodb: Any, spool: Spool) -> None:
        self._spool = spool
        self._store = dynamodb._txn_token_store
        dynamodb._tables._data = Converted("items", lambda: Partitions(spool))
        dynamodb.defaultdict = self._items
        dynamodb._txn_idempotency._data = Newest(TOKENS_KEPT)
        dynamodb._txn_token_store = self._store_token

    def _items(self, _: type, items: Items | None = None) -> Partitions[str, str, Any]:
        """What MiniStack makes of `defaultdict(dict)`, which it uses for the items of a table and nothing else."""
        made: Partitions[str, str, Any] = Partitions(self._spool)
        for part, values in (items or {}).items():
            made[part].update(values)
        return made

    def _store_token(self, token: str, entry: dict[str, Any]) -> None:
        self._store(token, {**entry, "signature": Digest(entry["signature"])})


class Digest:
    """Stands for a request, and is equal to it."""

    def __init__(self, request: object) -> None:
        self._digest = digest_of(request)

    def __eq__(self, request: object) -> bool:
        return self._digest == digest_of(request)

    def __hash__(self) -> int:
        return hash(self._digest)


def digest_of(request: object) -> bytes:
    """Return the digest of a request in JSON; that of equal requests is equal."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).digest()
