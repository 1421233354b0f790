"""Zip files that depend on nothing but their content: the same files give the same bytes."""

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

# The earliest moment that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
_UNIX = 3

# What an installer leaves behind that differs from machine to machine or from run to run.
_NOISE = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}


def source_files(folder: Path) -> tuple[Path, ...]:
    """Return what belongs to our own code in `folder`: no caches, no hidden files, no list of requirements."""
    return tuple(file for file in _files(folder) if file.name != "requirements.txt")


def installed_files(folder: Path) -> tuple[Path, ...]:
    """Return what a function needs of the packages installed in `folder`.

    Of `bin/` that is programs only: the scripts there start with the path of this machine's interpreter.
    """
    return tuple(
        file for file in _files(folder) if file.name not in _NOISE and not _is_script(file.relative_to(folder), file)
    )


def write(path: Path, files: Iterable[tuple[str, Path]], *, after: Path | None = None) -> None:
    """Write `files`, pairs of a name in the zip and a file, to `path`, behind the content of the zip `after`.

    The entries of `after` are copied as they are, compressed, so that what seldom changes is compressed once.
    """

    def fill(temporary: Path) -> None:
        if after is not None:
            shutil.copyfile(after, temporary)
        with zipfile.ZipFile(temporary, "a" if after else "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as bundle:
            for name, file in sorted(files):
                bundle.writestr(_entry(name), file.read_bytes(), compresslevel=_LEVEL)

    replace(path, fill)


def replace(path: Path, fill: Callable[[Path], object]) -> None:
    """Make `path` whole or not at all: `fill` writes a temporary file beside it, which then takes its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        fill(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpacked_size(path: Path) -> int:
    """Return the size in bytes of a zip's content."""
    with zipfile.ZipFile(path) as bundle:
        return sum(entry.file_size for entry in bundle.infolist())


def _files(folder: Path) -> Iterable[Path]:
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if (
            file.is_file()
            and not any(part == "__pycache__" or part.startswith(".") for part in parts)
            and file.suffix != ".pyc"
        ):
            yield file


def _is_script(name: Path, file: Path) -> bool:
    if name.parts[0] != "bin":
        return False
    with file.open("rb") as content:
        return content.read(2) == b"#!"


def _entry(name: str) -> zipfile.ZipInfo:
    """Describe a file in a way that no clock, umask or operating system changes."""
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    is_program = PurePosixPath(name).parent.name == "bin"
    entry.external_attr = (0o100755 if is_program else 0o100644) << 16
    return entry
