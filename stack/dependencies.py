"""The third-party packages of a bundle: resolved and installed by uv, and cached as zips by their pins."""

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
from agenticai.stack.installer import Uv, advise, run_uv
from agenticai.stack.platform import Platform
from agenticai.stack.private_files import make_private

# Increase this when the content of an archive changes for the same pins.
FORMAT = "2"

_INCLUDED = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")


@dataclass(frozen=True)
class Dependencies:
    """The packages that requirements need on one platform.

    `lock` is a requirements file that pins every version; without one, only the requirements decide. `provided` are the
    packages of the runtime, which bundles omit, as they do files that match `unneeded`. There are two caches, so that
    neither an edited handler nor a changed pin elsewhere causes another installation: pins by (requirements, lock,
    platform), and archives by (pins, platform).
    """

    platform: Platform
    cache: Path
    lock: Path | None = None
    provided: frozenset[str] = frozenset()
    unneeded: tuple[str, ...] = ()
    uv: Uv = run_uv

    def resolve_pins(self, requirements: Path) -> tuple[str, ...]:
        """Return a pin, such as `name==version`, of each package that a requirements file needs; empty if missing.

        Raises BuildError if they cannot be resolved.
        """
        specifiers = tuple(_read_wanted(requirements))
        if not specifiers:
            return ()
        locked = (archive.hash_file(self.lock),) if self.lock else ()
        cached = self.cache / "pins" / f"{self._make_key(*specifiers, *locked)}.txt"
        if not cached.exists():
            resolved = self._resolve(requirements).encode()
            archive.replace(cached, partial(Path.write_bytes, data=resolved))
        return tuple(pin for pin in _read_lines(cached) if pin.partition("==")[0] not in self.provided)

    def build_archive(self, pins: Sequence[str], prefix: str) -> Path | None:
        """Return a zip with these packages below `prefix`; None if there are none.

        Raises BuildError if they cannot be installed.
        """
        if not pins:
            return None
        cached = self.cache / "dependencies" / f"{self._make_key(prefix, *pins, *self.unneeded)}.zip"
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
            return self.uv(["pip", "compile", str(requirements), *options, *self._list_common_options()])
        except BuildError as error:
            remedy = "run `make lock` if you changed the file" if self.lock else "correct the file if it is that"
            raise BuildError(
                f"The packages that {requirements} asks for could not be resolved: {str(error).rstrip('.')}."
                f" {advise(str(error))}; {remedy}; then run the same command again."
            ) from error

    def _install(self, pins: Sequence[str], listing: Path, target: Path) -> None:
        listing.write_text("\n".join(pins), encoding="utf-8")
        options = ("--no-deps", "--target", str(target), "--requirement", str(listing))
        try:
            self.uv(["pip", "install", *options, *self._list_common_options()])
        except BuildError as error:
            raise BuildError(
                f"The packages of a bundle could not be downloaded: {str(error).rstrip('.')}."
                f" {advise(str(error))}; then run the same command again."
            ) from error

    def _list_common_options(self) -> tuple[str, ...]:
        """Return the options of both steps; uv also checks the hashes in constraints when it installs."""
        constraints = ("--constraints", str(self.lock), "--only-binary", ":all:") if self.lock else ()
        return (*constraints, "--python", sys.executable, *self.platform.uv_arguments)

    def _make_key(self, *parts: str) -> str:
        return hashlib.sha256("\0".join((FORMAT, self.platform.name, *parts)).encode()).hexdigest()


def _read_wanted(path: Path) -> Iterator[str]:
    """Yield the lines of a requirements file, and of the files that it includes, without comments and blank lines."""
    for line in sorted(text for raw_line in _read_lines(path) if (text := re.sub(r"(^|\s)#.*", "", raw_line).strip())):
        yield line
        if included := _INCLUDED.match(line):
            yield from _read_wanted(path.parent / included[1])


def _read_lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
