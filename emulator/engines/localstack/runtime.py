"""Installs LocalStack's own runtime, without Docker, with our extensions in a virtual environment on demand."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from agenticai.emulator.core.errors import RuntimeUnavailable
from agenticai.emulator.engines.runtime_venv import name_venv
from agenticai.emulator.engines.venvs import Uv, ensure_venv
from agenticai.stack.installer import run_uv
from agenticai.stack.private_files import make_private

LOCK: Final = Path(__file__).with_name("requirements.lock")
EXTENSIONS: Final = Path(__file__).with_name("extensions")

NEEDED_BYTES: Final = 700 * 1024 * 1024
"""Twice the size of the environment, as the installer unpacks into its cache first."""


def ensure_localstack_python(
    home: Path,
    *,
    environ: Mapping[str, str],
    on_progress: Callable[[str], None],
    uv: Uv = run_uv,
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Path:
    """Return the interpreter with LocalStack's runtime, created once per version under `home`/localstack.

    `environ` is passed to the installer. Raises RuntimeUnavailable, also if there is too little disk space.
    """

    with tempfile.TemporaryDirectory(prefix="agenticai-") as temporary:
        extensions = Path(temporary) / "extensions"

        def prepare_install(folder: Path) -> None:
            if (free := free_bytes(folder)) < NEEDED_BYTES:
                raise RuntimeUnavailable(
                    f"LocalStack's runtime needs {NEEDED_BYTES // 2**20} MB in {folder}, which has {free // 2**20} MB"
                    " left: free some space, or set AGENTICAI_HOME to another folder."
                )
            on_progress("Installing LocalStack's runtime (325 MB, once)")
            copy_writable(EXTENSIONS, extensions)

        return ensure_venv(
            home / "localstack" / name_venv(LOCK, *list_sources(EXTENSIONS)),
            [["--requirements", str(LOCK)], ["--no-build-isolation", "--no-deps", str(extensions)]],
            label="LocalStack's runtime",
            environ=environ,
            before_install=prepare_install,
            uv=uv,
        )


def list_sources(folder: Path) -> list[Path]:
    """Return the source files of the extensions."""
    return sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".mjs", ".toml", ".md"})


def copy_writable(folder: Path, destination: Path) -> None:
    """Copy a package's sources, as a build writes into its folder, and installed files may be read-only."""
    for path in list_sources(folder):
        target = destination / path.relative_to(folder)
        make_private(target.parent)
        shutil.copyfile(path, target)
