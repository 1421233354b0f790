"""How a key can be written in a text that repeats it."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 8
"""Characters of a key: a shorter one would be found in any text."""


def list_key_forms(key: str) -> tuple[str, ...]:
    """Return the key as it is, escaped, in hexadecimal and in Base64, the longest first; nothing for a short key."""
    if len(key) < SHORTEST:
        return ()
    content = key.encode()
    codes = (content.hex(), content.hex().upper(), "".join(f"%{byte:02X}" for byte in content))
    forms = {key, quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], *codes, *_in_base64(content)}
    return tuple(sorted(forms, key=len, reverse=True))


def _in_base64(content: bytes) -> Iterator[str]:
    """The characters that stand for it alone, wherever it begins in what was encoded (RFC 4648, both alphabets)."""
    for before, mixed in ((0, 0), (1, 2), (2, 3)):
        bits = 8 * (before + len(content))
        form = b64encode(bytes(before) + content).decode()[mixed : bits // 6]
        yield from (form, form.replace("+", "-").replace("/", "_"))
