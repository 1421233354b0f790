"""Reproducible zip files: the same files give the same bytes."""

import hashlib
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from agenticai.stack.private_files import make_private

# The earliest time that a zip can store.
_TIME = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
_UNIX = 3

# What `sam build` excludes from folders of Python code, and from other folders.
# https://github.com/aws/aws-lambda-builders
_NOT_PYTHON_CODE = (
    *(".aws-sam", ".chalice", ".git", ".gitignore", "*.pyc", "__pycache__", ".Python", "*.egg-info", "*.egg"),
    *("pip-log.txt", "pip-delete-this-directory.txt", "htmlcov", ".tox", ".nox", ".coverage", ".cache"),
    *(".pytest_cache", ".python-version", ".mypy_cache", ".dmypy.json", ".pyre", ".env", ".venv", "venv"),
    *("venv.bak", "env.bak", "ENV", "env", ".vscode", ".idea", ".DS_Store", ".ruff_cache", ".agenticai"),
)
_NOT_CODE = (".aws-sam", ".git", ".agenticai")

# Files that an installer creates and that differ between machines or runs.
_NOISE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", ".lock", "*.pyc", "__pycache__")


def list_source_files(folder: Path, *, python: bool = True) -> tuple[Path, ...]:
    """Return the files of the code in `folder`, as `sam build` does: including hidden files, following links.

    For Python code, generated files such as caches and virtual environments are excluded.
    """
    return tuple(_list_files(folder, _NOT_PYTHON_CODE if python else _NOT_CODE))


def list_installed_files(folder: Path) -> tuple[Path, ...]:
    """Return what a function needs of the packages installed in `folder`.

    Scripts in `bin/` are excluded, as they contain the path of this machine's interpreter; binaries are kept.
    """
    return tuple(file for file in _list_files(folder, _NOISE) if not _is_script(file.relative_to(folder), file))


def write(path: Path, files: Iterable[tuple[str, Path]], *, after: Path | None = None) -> None:
    """Write `files`, pairs of a name in the zip and a file, to `path`, after the content of the zip `after`.

    The entries of `after` are copied without recompression, so that what seldom changes is compressed once. Entries
    with a name in `files` are dropped, so that a function's own code overrides packages.
    """
    files_by_name = dict(files)

    def fill(temporary: Path) -> None:
        if after is not None:
            _copy(after, temporary, without=files_by_name.keys())
        with zipfile.ZipFile(temporary, "a" if after else "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as bundle:
            for name, file in sorted(files_by_name.items()):
                bundle.writestr(_make_entry(name, file), file.read_bytes(), compresslevel=_LEVEL)

    replace(path, fill)


def replace(path: Path, fill: Callable[[Path], object]) -> None:
    """Replace `path` atomically: `fill` writes a temporary file beside it, which is then renamed."""
    make_private(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        fill(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def choose_mode(file: Path) -> int:
    """Return the file mode to store in a zip, which does not depend on the umask: executable or not."""
    return 0o100755 if file.stat().st_mode & stat.S_IXUSR else 0o100644


def measure_unpacked(path: Path) -> int:
    """Return the size in bytes of a zip's content; of the file itself if it is not a zip."""
    if not zipfile.is_zipfile(path):
        return path.stat().st_size
    with zipfile.ZipFile(path) as bundle:
        return sum(entry.file_size for entry in bundle.infolist())


def _list_files(folder: Path, without: tuple[str, ...], enclosing: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield the files below a folder in order; links to an enclosing folder are not followed again."""
    real = folder.resolve()
    if real in enclosing:
        return
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in without):
            continue
        if path.is_dir():
            yield from _list_files(path, without, enclosing | {real})
        elif path.is_file():
            yield path


def _is_script(name: Path, file: Path) -> bool:
    if name.parts[0] != "bin":
        return False
    with file.open("rb") as content:
        return content.read(2) == b"#!"


def _copy(source: Path, target: Path, without: Iterable[str]) -> None:
    """Copy a zip: byte for byte if no entry is excluded."""
    with zipfile.ZipFile(source) as bundle:
        excluded = set(without) & set(bundle.namelist())
        if not excluded:
            shutil.copyfile(source, target)
            return
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as copy:
            for entry in bundle.infolist():
                if entry.filename not in excluded:
                    copy.writestr(entry, bundle.read(entry), compresslevel=_LEVEL)


def _make_entry(name: str, file: Path) -> zipfile.ZipInfo:
    """Return a file's zip entry, which does not depend on the clock, umask or operating system."""
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = choose_mode(file) << 16
    return entry
