"""The third-party packages of a bundle: resolved and installed by uv, and kept as zips by their pins."""

import hashlib
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from agenticai.stack import archive
from agenticai.stack.errors import BuildError
from agenticai.stack.installer import Uv, run_uv
from agenticai.stack.platform import Platform
from agenticai.stack.private_files import make_private

# Raised whenever the content of an archive changes for the same pins.
FORMAT = "2"

_INCLUDED = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")


@dataclass(frozen=True)
class Dependencies:
    """The packages that requirements ask for on one platform.

    `lock` is a requirements file that holds every version; without one the requirements alone decide. `provided` are
    the packages that the runtime has, which no bundle needs, and files that match `unneeded` are in none. Two caches,
    so that neither an edited handler nor a changed pin elsewhere installs anything again: pins by (requirements, lock,
    platform), archives by (pins, platform).
    """

    platform: Platform
    cache: Path
    lock: Path | None = None
    provided: frozenset[str] = frozenset()
    unneeded: tuple[str, ...] = ()
    uv: Uv = run_uv

    def pins(self, requirements: Path) -> tuple[str, ...]:
        """Return a pin, such as `name==version`, of each package that a requirements file needs; none if it is absent.

        Raises BuildError when they cannot be resolved.
        """
        wanted = tuple(_read_wanted(requirements))
        if not wanted:
            return ()
        locked = (archive.sha256(self.lock),) if self.lock else ()
        cached = self.cache / "pins" / f"{self._key(*wanted, *locked)}.txt"
        if not cached.exists():
            resolved = self._resolve(requirements).encode()
            archive.replace(cached, partial(Path.write_bytes, data=resolved))
        return tuple(pin for pin in _read_lines(cached) if pin.partition("==")[0] not in self.provided)

    def archive(self, pins: Sequence[str], prefix: str) -> Path | None:
        """Return a zip with these packages below `prefix`, or None where there are none.

        Raises BuildError when they cannot be installed.
        """
        if not pins:
            return None
        cached = self.cache / "dependencies" / f"{self._key(prefix, *pins, *self.unneeded)}.zip"
        if not cached.exists():
            with tempfile.TemporaryDirectory(dir=make_private(self.cache)) as folder:
                packages = Path(folder) / "packages"
                self._install(pins, Path(folder) / "pins.txt", packages)
                names = {file.relative_to(packages).as_posix(): file for file in archive.list_installed_files(packages)}
                needed = {name: file for name, file in names.items() if not self._is_unneeded(name)}
                archive.write(cached, ((prefix + name, file) for name, file in needed.items()))
        return cached

    def _is_unneeded(self, name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in self.unneeded)

    def _resolve(self, requirements: Path) -> str:
        options = ("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")
        try:
            return self.uv(["pip", "compile", str(requirements), *options, *self._common()])
        except BuildError as error:
            changed = "run `make lock` if you changed the file" if self.lock else "correct the file if it is that"
            raise BuildError(
                f"The packages that {requirements} asks for could not be resolved: {str(error).rstrip('.')}. If that is"
                f" the network, set PIP_INDEX_URL to a mirror in reach; {changed}; then run the same command again."
            ) from error

    def _install(self, pins: Sequence[str], listing: Path, target: Path) -> None:
        listing.write_text("\n".join(pins), encoding="utf-8")
        options = ("--no-deps", "--target", str(target), "--requirement", str(listing))
        try:
            self.uv(["pip", "install", *options, *self._common()])
        except BuildError as error:
            raise BuildError(
                f"The packages of a bundle could not be downloaded: {str(error).rstrip('.')}. If that is the network,"
                " set PIP_INDEX_URL to a mirror in reach; then run the same command again."
            ) from error

    def _common(self) -> tuple[str, ...]:
        """Return what both steps share; uv also checks the hashes of constraints when it installs."""
        constraints = ("--constraints", str(self.lock), "--only-binary", ":all:") if self.lock else ()
        return (*constraints, "--python", sys.executable, *self.platform.uv_arguments)

    def _key(self, *parts: str) -> str:
        return hashlib.sha256("\0".join((FORMAT, self.platform.name, *parts)).encode()).hexdigest()


def _read_wanted(path: Path) -> Iterator[str]:
    """Yield the lines of a requirements file, and of the files that it includes, that ask for something."""
    for line in sorted(text for each in _read_lines(path) if (text := re.sub(r"(^|\s)#.*", "", each).strip())):
        yield line
        if included := _INCLUDED.match(line):
            yield from _read_wanted(path.parent / included[1])


def _read_lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
