"""The code that a template names by its folder, as the zip that `sam build` and `sam package` would make of it."""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agenticai.emulator.errors import EngineError

REQUIREMENTS = "requirements.txt"


class NotPackaged(EngineError):
    """The code that a template names could not be packaged; the message says which, and what to do."""


@dataclass(frozen=True)
class Packages:
    """The packages that requirements files ask for, installed once for each file and Python version under `cache`.

    `environ` is what the installer sees: proxies, PIP_INDEX_URL.
    """

    cache: Path
    environ: Mapping[str, str]

    def installed(self, requirements: Path) -> Path:
        """The folder with what the file asks for. Raises NotPackaged."""
        content = requirements.read_bytes()
        folder = self.cache / f"{platform.python_version()}-{hashlib.sha256(content).hexdigest()[:16]}"
        if not folder.is_dir():
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.cache, prefix=".installing-") as temporary:
                made = Path(temporary) / "packages"
                made.mkdir()
                self._install(requirements, made)
                publish(made, folder)
        return folder

    def _install(self, requirements: Path, folder: Path) -> None:
        import uv  # imported here: only a first run needs it

        environment = dict(self.environ)
        if "PIP_INDEX_URL" in environment:
            environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
        options = ["--quiet", "--system-certs", "--python", sys.executable, "--target", str(folder)]
        command = [uv.find_uv_bin(), "pip", "install", *options, "--requirement", str(requirements)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotPackaged(
                f"What {requirements} asks for could not be installed: check the file and the network, or set"
                f" PIP_INDEX_URL to your mirror. uv said: {done.stderr.strip()}"
            )


def bundle(code: Path, packages: Packages, prefix: str = "") -> bytes:
    """A folder's files, and beside them what its requirements.txt asks for, as a zip; a zip file stays as it is.

    All goes below `prefix`. The same files give the same bytes. Raises NotPackaged.
    """
    if code.is_file():
        return code.read_bytes()
    if not code.is_dir():
        raise NotPackaged(f"The template names {code}, and there is no such folder: correct it, or build it first.")
    requirements = code / REQUIREMENTS
    folders = ([packages.installed(requirements)] if requirements.exists() else []) + [code]
    files = {name: path for folder in folders for name, path in files_of(folder)}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(prefix + name)  # which no clock changes: it says 1980
            entry.external_attr = (0o100755 if os.access(path, os.X_OK) else 0o100644) << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return written.getvalue()


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a folder by their names in it, without hidden and compiled ones."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            yield name.as_posix(), path


def publish(made: Path, folder: Path) -> None:
    """Put the finished folder in its place at once; whoever comes second uses the first one's."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(made)
