"""Virtual environments below the state folder: each made whole in a place of its own, and put in its place at once."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from agenticai.emulator.core.errors import RuntimeUnavailable
from agenticai.emulator.core.locks import locked
from agenticai.stack.errors import BuildError
from agenticai.stack.installer import run_uv
from agenticai.stack.private_files import make_private, take_from_others


class Uv(Protocol):
    """Runs uv with these arguments and settings. Raises BuildError with its complaint."""

    def __call__(self, arguments: Sequence[str], environ: Mapping[str, str], /) -> str: ...


def venv_python(
    venv: Path,
    packages: Sequence[Sequence[str]],
    *,
    what: str,
    environ: Mapping[str, str],
    before: Callable[[Path], None] = lambda _: None,
    uv: Uv = run_uv,
) -> Path:
    """Return the interpreter of an environment, which is made if it is not there.

    Each of the `packages` are the arguments of one `pip install`, in this order. `what` names the environment in an
    error; `before` is called with the folder above it when it is to be made. `environ` is what the installer sees
    (proxies, PIP_INDEX_URL). One that was cut short leaves nothing that is taken for an environment. Raises
    RuntimeUnavailable.
    """
    python = venv / "bin" / "python"
    if not python.exists():
        before(make_private(venv.parent))
        try:
            with tempfile.TemporaryDirectory(dir=venv.parent, prefix=".making-") as temporary:
                made = Path(temporary) / "venv"
                _make(made, packages, environ, uv)
                take_from_others(made)
                _publish(made, venv)
        except (BuildError, OSError) as error:
            raise RuntimeUnavailable(
                f"{what} could not be installed: {str(error).rstrip('.')}. If that is the network, set PIP_INDEX_URL to"
                " a mirror in reach; then run the same command again."
            ) from error
    return python


def _make(venv: Path, packages: Sequence[Sequence[str]], environ: Mapping[str, str], uv: Uv) -> None:
    uv(["venv", "--no-project", "--relocatable", "--python", sys.executable, str(venv)], environ)
    # Copied, because a link to uv's cache would change its modes there.
    install = ("pip", "install", "--link-mode", "copy", "--python", str(venv / "bin" / "python"))
    for each in packages:
        uv([*install, *each], environ)


def _publish(made: Path, venv: Path) -> None:
    """Put the finished environment in its place at once; whoever comes second uses the first one's."""
    with locked(venv.parent):
        if not (venv / "bin" / "python").exists():
            shutil.rmtree(venv, ignore_errors=True)  # made from an interpreter that is gone
            made.rename(venv)
