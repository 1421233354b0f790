"""Keeps DynamoDB's items in the spool, and limits the number of its idempotency tokens."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from agenticai.emulator.engines.ministack.converted import BoundedDict, ConvertingDict
from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.partitions import Partitions

TOKENS_KEPT = 2_000
"""The maximum number of tokens. AWS keeps a token for ten minutes; here more transactions drop it earlier."""

Items = Mapping[str, Mapping[str, Any]]


class Tables:
    """Stores the items and tokens of MiniStack's DynamoDB."""

    def __init__(self, dynamodb: Any, spool: Spool) -> None:
        self._spool = spool
        self._store = dynamodb._txn_token_store
        dynamodb._tables._data = ConvertingDict("items", lambda: Partitions(spool))
        dynamodb.defaultdict = self._make_items
        dynamodb._txn_idempotency._data = BoundedDict(TOKENS_KEPT)
        dynamodb._txn_token_store = self._store_token

    def _make_items(self, _: type, items: Items | None = None) -> Partitions[str, str, Any]:
        """Return a table's items; replaces `defaultdict(dict)`, which MiniStack uses for nothing else."""
        partitions: Partitions[str, str, Any] = Partitions(self._spool)
        for part, values in (items or {}).items():
            partitions[part].update(values)
        return partitions

    def _store_token(self, token: str, entry: dict[str, Any]) -> None:
        self._store(token, {**entry, "signature": Digest(entry["signature"])})


class Digest:
    """The digest of a request, which compares equal to the request."""

    def __init__(self, request: object) -> None:
        self._digest = compute_digest(request)

    def __eq__(self, request: object) -> bool:
        return self._digest == compute_digest(request)

    def __hash__(self) -> int:
        return hash(self._digest)


def compute_digest(request: object) -> bytes:
    """Return the digest of a request's JSON; equal requests have equal digests."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).digest()
