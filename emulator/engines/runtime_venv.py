"""The interpreter that runs the functions: like Lambda's Python runtime it has boto3, and nothing else."""

import hashlib
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

from agenticai.emulator.engines.venvs import ensure_venv

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"


def ensure_runtime_python(
    home: Path, *, environ: Mapping[str, str], on_progress: Callable[[str], None], lock: Path = LOCK
) -> Path:
    """Return the interpreter, which is created once per Python version and lock file under `home`/runtime.

    `environ` is what the installer sees (proxies, PIP_INDEX_URL). Raises RuntimeUnavailable.
    """
    return ensure_venv(
        home / "runtime" / name_venv(lock),
        [["--compile-bytecode", "--constraints", str(lock), "boto3"]],
        label="The interpreter for the functions",
        environ=environ,
        before_install=lambda _: on_progress("Installing the interpreter for the functions (boto3 only, once)"),
    )


def name_venv(*inputs: Path) -> str:
    """Return an environment's name, made from the Python version and the content of these files."""
    digest = hashlib.sha256()
    for path in inputs:
        digest.update(path.read_bytes())
    return f"{platform.python_version()}-{digest.hexdigest()[:16]}"
