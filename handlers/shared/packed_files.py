"""Packs a project's files into the text of a request: JSON, compressed, in base64, so that any runtime can read it."""

import base64
import binascii
import gzip
import io
import json
from collections.abc import Mapping
from typing import Final

from shared.paths import MAX_TOTAL_BYTES, check_files

MOST_PACKED: Final = 4 * 1024 * 1024
"""Maximum bytes of the compressed files: Lambda accepts requests of 6 MB, and base64 adds a third."""

_MOST_UNPACKED: Final = 2 * MAX_TOTAL_BYTES
"""Maximum bytes of the JSON: base64, paths and quotes add less than the size of the files."""


class TooLarge(ValueError):
    """The files are too large for a request."""


def pack(files: Mapping[str, bytes]) -> str:
    """Return the files (content by path) as text for a request. Raises `TooLarge`."""
    encoded = {path: base64.b64encode(content).decode() for path, content in files.items()}
    packed = gzip.compress(json.dumps(encoded).encode(), mtime=0)
    if len(packed) > MOST_PACKED:
        raise TooLarge(f"the project has {len(packed):,} bytes when compressed, more than the {MOST_PACKED:,} of a run")
    return base64.b64encode(packed).decode()


def unpack(packed: str) -> dict[str, bytes]:
    """Return the files in a request. Raises ValueError if `pack` did not make it, or if its paths are not safe."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(base64.b64decode(packed, validate=True))) as stream:
            content = stream.read(_MOST_UNPACKED + 1)
        if len(content) > _MOST_UNPACKED:
            raise TooLarge(f"the project has more than the {_MOST_UNPACKED:,} bytes of a run")
        files = {path: base64.b64decode(text, validate=True) for path, text in json.loads(content).items()}
    except (OSError, EOFError, binascii.Error, AttributeError, TypeError) as fault:
        raise ValueError(f"the files cannot be unpacked: {fault}") from fault
    check_files({path: len(content) for path, content in files.items()})
    return files
