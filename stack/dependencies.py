"""The third-party packages of a bundle: resolved under the lock file, installed by uv, kept as zips by their pins."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from uv import find_uv_bin

from agenticai.stack import archive
from agenticai.stack.errors import BuildError
from agenticai.stack.platform import Platform

# Raised whenever the content of an archive changes for the same pins.
FORMAT = "1"

# What every Python runtime of Lambda holds because boto3 needs it, in versions that AWS chooses and changes.
# urllib3 is there too, but it is bundled where another package asks for it: requests, below the Gemini SDK, should
# meet the version that it was tested with here. Bundled packages come first on Lambda's path.
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
RUNTIME_PACKAGES = frozenset({"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six"})

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"

# Runs uv with these arguments and returns what it printed; raises BuildError with its complaint.
Uv = Callable[[Sequence[str]], str]


def run_uv(arguments: Sequence[str]) -> str:
    """Run uv; raise BuildError when it fails."""
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    if index := environment.get("PIP_INDEX_URL"):
        environment.setdefault("UV_DEFAULT_INDEX", index)
    command = [find_uv_bin(), *arguments, "--quiet", "--system-certs"]
    finished = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    if finished.returncode:
        raise BuildError(_said(finished.stderr))
    return finished.stdout


@dataclass(frozen=True)
class Dependencies:
    """The packages that requirements ask for on one platform, each version held to the lock file.

    Two caches, so that neither an edited handler nor a changed pin elsewhere installs anything again: pins by
    (requirements, lock file, platform), and archives by (pins, platform).
    """

    platform: Platform
    cache: Path
    lock: Path = LOCK
    uv: Uv = run_uv

    def pins(self, requirements: Path) -> tuple[str, ...]:
        """Return `name==version` for all that a requirements file needs and the Lambda runtime does not hold.

        Raises BuildError when they cannot be resolved.
        """
        wanted = _requirements(requirements)
        if not wanted:
            return ()
        cached = self.cache / "pins" / f"{self._key(*wanted, archive.sha256(self.lock))}.txt"
        if not cached.exists():
            resolved = self._resolve(requirements).encode()
            archive.replace(cached, partial(Path.write_bytes, data=resolved))
        return tuple(pin for pin in _lines(cached) if pin.partition("==")[0] not in RUNTIME_PACKAGES)

    def archive(self, pins: Sequence[str], prefix: str) -> Path | None:
        """Return a zip with these packages below `prefix`, or None where there are none.

        Raises BuildError when they cannot be installed.
        """
        if not pins:
            return None
        cached = self.cache / "dependencies" / f"{self._key(prefix, *pins)}.zip"
        if not cached.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.cache) as folder:
                packages = Path(folder) / "packages"
                self._install(pins, Path(folder) / "pins.txt", packages)
                files = archive.installed_files(packages)
                archive.write(cached, ((prefix + file.relative_to(packages).as_posix(), file) for file in files))
        return cached

    def _resolve(self, requirements: Path) -> str:
        options = ("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")
        try:
            return self.uv(["pip", "compile", str(requirements), *options, *self._common()])
        except BuildError as error:
            raise BuildError(
                f"The packages that {requirements.parent.name} needs could not be resolved: check the network, and run"
                f" `make lock` if you changed {requirements.name}. uv said: {error}"
            ) from error

    def _install(self, pins: Sequence[str], listing: Path, target: Path) -> None:
        listing.write_text("\n".join(pins), encoding="utf-8")
        options = ("--no-deps", "--target", str(target), "--requirement", str(listing))
        try:
            self.uv(["pip", "install", *options, *self._common()])
        except BuildError as error:
            raise BuildError(
                "The packages of a bundle could not be downloaded: check the network (or set PIP_INDEX_URL to your"
                f" mirror) and run the same command again. uv said: {error}"
            ) from error

    def _common(self) -> tuple[str, ...]:
        """Return what both steps share; uv also checks the hashes of constraints when it installs."""
        here = ("--python", sys.executable)
        return ("--constraints", str(self.lock), "--only-binary", ":all:", *here, *self.platform.uv_arguments)

    def _key(self, *parts: str) -> str:
        return hashlib.sha256("\0".join((FORMAT, self.platform.name, *parts)).encode()).hexdigest()


def _requirements(path: Path) -> tuple[str, ...]:
    """Return the lines of a requirements file that ask for something."""
    return tuple(sorted(line.partition("#")[0].strip() for line in _lines(path) if line.partition("#")[0].strip()))


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()


def _said(stderr: str) -> str:
    """Return what uv complained about and the cause it gave, as one line without labels."""
    lines = (line.strip() for line in stderr.splitlines())
    said = [text for line in lines if (text := line.removeprefix("error: ").removeprefix("cause: ")) != line]
    return ": ".join(said) or stderr.strip() or "nothing"
