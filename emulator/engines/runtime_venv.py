"""The interpreter that runs the functions: it has what Lambda's Python runtime has, boto3, and nothing more."""

import hashlib
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from agenticai.emulator.core.errors import RuntimeUnavailable
from agenticai.emulator.core.locks import locked
from agenticai.stack.errors import BuildError
from agenticai.stack.installer import run_uv
from agenticai.stack.private_files import make_private, take_from_others

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"


def runtime_python(
    home: Path, *, environ: Mapping[str, str], on_progress: Callable[[str], None], lock: Path = LOCK
) -> Path:
    """Return the interpreter, made once for each Python version and lock file under `home`/runtime.

    `environ` is what the installer sees (proxies, PIP_INDEX_URL). Raises RuntimeUnavailable.
    """
    venv = home / "runtime" / venv_name(lock)
    python = venv / "bin" / "python"
    if not python.exists():
        on_progress("Installing the interpreter for the functions (boto3 only, once)")
        with tempfile.TemporaryDirectory(dir=make_private(venv.parent), prefix=".making-") as temporary:
            made = Path(temporary) / "venv"
            _make(made, lock, environ)
            take_from_others(made)
            _publish(made, venv)
    return python


def venv_name(lock: Path) -> str:
    """Return what the interpreter was made from: this Python's version and the lock file's content."""
    return f"{platform.python_version()}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def _make(venv: Path, lock: Path, environ: Mapping[str, str]) -> None:
    # Copied, because a link to uv's cache would change its modes there.
    copied = ("--link-mode", "copy")
    install = ("pip", "install", "--compile-bytecode", *copied, "--python", str(venv / "bin" / "python"))
    try:
        run_uv(["venv", "--no-project", "--relocatable", "--python", sys.executable, str(venv)], environ)
        run_uv([*install, "--constraints", str(lock), "boto3"], environ)
    except BuildError as error:
        raise RuntimeUnavailable(
            f"The interpreter for the functions could not be installed: {str(error).rstrip('.')}. If that is the"
            " network, set PIP_INDEX_URL to a mirror in reach; then run the same command again."
        ) from error


def _publish(made: Path, venv: Path) -> None:
    """Put the finished environment in its place at once; whoever comes second uses the first one's."""
    with locked(venv.parent):
        if not (venv / "bin" / "python").exists():
            shutil.rmtree(venv, ignore_errors=True)  # made from an interpreter that is gone
            made.rename(venv)
