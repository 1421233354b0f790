"""Virtual environments below the state folder, each built in a temporary folder and then moved into place."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from agenticai.emulator.core.errors import RuntimeUnavailable
from agenticai.emulator.core.locks import hold_exclusive_lock
from agenticai.stack.errors import BuildError
from agenticai.stack.installer import advise, run_uv
from agenticai.stack.private_files import make_private, revoke_other_users


class Uv(Protocol):
    """Runs uv with these arguments and settings. Raises BuildError with uv's error message."""

    def __call__(self, arguments: Sequence[str], environ: Mapping[str, str], /) -> str: ...


def ensure_venv(
    venv: Path,
    packages: Sequence[Sequence[str]],
    *,
    label: str,
    environ: Mapping[str, str],
    before_install: Callable[[Path], None] = lambda _: None,
    uv: Uv = run_uv,
) -> Path:
    """Return the interpreter of an environment, which is created if it does not exist.

    Each item of `packages` is the arguments of one `pip install`, in this order. `label` names the environment in an
    error; `before_install` is called with its parent folder before it is created. `environ` is passed to the installer
    (proxies, PIP_INDEX_URL). An interrupted installation is never used. Raises RuntimeUnavailable.
    """
    python = venv / "bin" / "python"
    if not python.exists():
        before_install(make_private(venv.parent))
        try:
            with tempfile.TemporaryDirectory(dir=venv.parent, prefix=".making-") as temporary:
                staging = Path(temporary) / "venv"
                _make(staging, packages, environ, uv)
                revoke_other_users(staging)
                _publish(staging, venv)
        except (BuildError, OSError) as error:
            raise RuntimeUnavailable(
                f"{label} could not be installed: {str(error).rstrip('.')}. {advise(str(error))}; then run the"
                " same command again."
            ) from error
    return python


def _make(venv: Path, packages: Sequence[Sequence[str]], environ: Mapping[str, str], uv: Uv) -> None:
    uv(["venv", "--no-project", "--relocatable", "--python", sys.executable, str(venv)], environ)
    # Copied, because changing the modes of linked files would change them in uv's cache.
    install = ("pip", "install", "--link-mode", "copy", "--python", str(venv / "bin" / "python"))
    for arguments in packages:
        uv([*install, *arguments], environ)


def _publish(staging: Path, venv: Path) -> None:
    """Move the finished environment into place; a second process uses the one that was first."""
    with hold_exclusive_lock(venv.parent):
        if not (venv / "bin" / "python").exists():
            shutil.rmtree(venv, ignore_errors=True)  # its base interpreter no longer exists
            staging.rename(venv)
