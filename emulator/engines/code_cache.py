"""Function and layer bundles unpacked once, each under the hash of its bytes."""

import hashlib
import io
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path

from agenticai.emulator.errors import EngineError
from agenticai.emulator.locks import locked
from agenticai.stack.private_files import make_private


class UnsafeBundle(EngineError):
    """A bundle is no zip file, or has an entry that would be written outside of its own folder."""


def unpack(bundle: bytes, cache: Path) -> Path:
    """Return the folder that holds the bundle's files; `cache` keeps it for every later start.

    Nothing is compiled ahead: Python writes the bytecode of what is imported beside it, so the second start finds it.
    Raises UnsafeBundle.
    """
    folder = cache / hashlib.sha256(bundle).hexdigest()
    if _whole(bundle, folder):
        return folder
    with tempfile.TemporaryDirectory(dir=make_private(cache), prefix=".unpacking-") as temporary:
        files = Path(temporary) / "files"
        files.mkdir()
        _extract(bundle, files)
        with locked(cache):
            if not _whole(bundle, folder):  # nobody else was faster
                shutil.rmtree(folder, ignore_errors=True)
                files.rename(folder)
    return folder


def _whole(bundle: bytes, folder: Path) -> bool:
    """Whether the folder is there with every file of the bundle: one whose removal was cut short is not."""
    if not folder.is_dir():
        return False
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return all((folder / name).exists() for name in archive.namelist())


def _extract(bundle: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            for entry in archive.infolist():
                if not (folder / entry.filename).resolve().is_relative_to(folder.resolve()):
                    raise UnsafeBundle(f"The bundle's entry {entry.filename!r} leads outside of it: build it again.")
                path = Path(archive.extract(entry, folder))
                if entry.external_attr >> 16 & stat.S_IXUSR:
                    path.chmod(0o700)
    except zipfile.BadZipFile as error:
        raise UnsafeBundle(f"The bundle is not a zip file ({error}): build it again.") from error
