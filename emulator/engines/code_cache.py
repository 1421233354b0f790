"""Unpacks function and layer bundles once, each in a folder named by the hash of its bytes."""

import hashlib
import io
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path

from agenticai.emulator.core.errors import EngineError
from agenticai.emulator.core.locks import hold_exclusive_lock
from agenticai.stack.private_files import make_private

UNZIPPED_BYTES = 262_144_000
"""The limit for a function's code and layers: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

MOST_ENTRIES = 100_000
_ENTRY = b"PK\x01\x02"  # the signature of an entry in a zip file's directory


class UnsafeBundle(EngineError):
    """A bundle is not a zip file, has an entry that would be written outside its folder, or is too large."""


def check_size(*bundles: bytes) -> None:
    """Check the total unpacked size of bundles, according to their directories. Raises UnsafeBundle.

    Entries are never unpacked beyond their size in the directory.
    """
    total = 0
    for bundle in bundles:
        if bundle.count(_ENTRY) > MOST_ENTRIES:  # before the directory is read into memory
            raise UnsafeBundle(f"The bundle has more than {MOST_ENTRIES} entries.")
        try:
            with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
                entries = archive.infolist()
        except zipfile.BadZipFile as error:
            raise UnsafeBundle(f"The bundle is not a zip file ({error}): build it again.") from error
        if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
            raise UnsafeBundle("The bundle uses a compression other than Deflate: build it again.")
        total += sum(entry.file_size for entry in entries)
    if total > UNZIPPED_BYTES:
        raise UnsafeBundle(f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes")


def unpack(bundle: bytes, cache: Path) -> Path:
    """Return the folder with the bundle's files; `cache` keeps it for later starts.

    Nothing is compiled in advance: Python stores bytecode beside the modules that it imports. Raises UnsafeBundle.
    """
    folder = cache / hashlib.sha256(bundle).hexdigest()
    if _is_complete(bundle, folder):
        return folder
    check_size(bundle)
    with tempfile.TemporaryDirectory(dir=make_private(cache), prefix=".unpacking-") as temporary:
        files = Path(temporary) / "files"
        files.mkdir()
        _extract(bundle, files)
        with hold_exclusive_lock(cache):
            if not _is_complete(bundle, folder):  # not if another process was faster
                shutil.rmtree(folder, ignore_errors=True)
                files.rename(folder)
    return folder


def _is_complete(bundle: bytes, folder: Path) -> bool:
    """Return whether the folder has all files of the bundle: it lacks some if its removal was interrupted."""
    if not folder.is_dir():
        return False
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return all((folder / name).exists() for name in archive.namelist())


def _extract(bundle: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            for entry in archive.infolist():
                if not (folder / entry.filename).resolve().is_relative_to(folder.resolve()):
                    raise UnsafeBundle(
                        f"The bundle's entry {entry.filename!r} leads out of the bundle: build it again."
                    )
                path = Path(archive.extract(entry, folder))
                if entry.external_attr >> 16 & stat.S_IXUSR:
                    path.chmod(0o700)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise UnsafeBundle(f"The bundle is not a complete zip file ({error}): build it again.") from error
