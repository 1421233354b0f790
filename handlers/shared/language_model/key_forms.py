"""The forms in which a text may repeat a key."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 8
"""Minimum length of a key: shorter ones would be found in any text."""


def list_key_forms(key: str) -> tuple[str, ...]:
    """Return the key as it is, escaped, in hexadecimal and in Base64, the longest first; empty for a short key."""
    if len(key) < SHORTEST:
        return ()
    content = key.encode()
    codes = (content.hex(), content.hex().upper(), "".join(f"%{byte:02X}" for byte in content))
    forms = {key, quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], *codes, *_encode_base64(content)}
    return tuple(sorted(forms, key=len, reverse=True))


def _encode_base64(content: bytes) -> Iterator[str]:
    """Yield the characters that encode only the content, at any offset (RFC 4648, both alphabets)."""
    for before, mixed in ((0, 0), (1, 2), (2, 3)):
        bits = 8 * (before + len(content))
        form = b64encode(bytes(before) + content).decode()[mixed : bits // 6]
        yield from (form, form.replace("+", "-").replace("/", "_"))
