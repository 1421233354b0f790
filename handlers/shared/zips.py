"""Zips whose bytes depend only on their files, and that are safe to unpack anywhere."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from shared.paths import check_paths

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE: Final = 0o100644


def build_zip(files: Mapping[str, bytes]) -> bytes:
    """Zip the files (content by path). Raises `shared.paths.UnsafePath` for a path that could escape."""
    check_paths(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, date_time=_EPOCH)
            entry.external_attr = _REGULAR_FILE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, files[path])
    return check_zip(buffer.getvalue())


def check_zip(packed: bytes) -> bytes:
    """Return the zip if all entries can be unpacked safely below any folder. Raises `shared.paths.UnsafePath`."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        check_paths(archive.namelist())
    return packed
