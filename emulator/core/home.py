"""The state folder, where the bench keeps files between runs: interpreters, unpacked code, logs, reports."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from agenticai.emulator.core.errors import NoHome
from agenticai.stack.private_files import make_private, write_private

NAME: Final = ".agenticai"
VARIABLE: Final = "AGENTICAI_HOME"
"""The environment variable that names the state folder; it takes precedence over all other rules."""

SECRET_FILE: Final = "control-token"  # noqa: S105 - the name of a file
"""The file in a run's folder with the control API's secret, if other machines can reach the port."""


def find_home(
    environ: Mapping[str, str] = os.environ, folder: Path | None = None, fallback: Path | None = None
) -> Path:
    """Return the state folder for work in `folder`, by default the working folder; it need not exist yet.

    The first of these is used: what AGENTICAI_HOME names; the nearest `.agenticai` in the folder or above it that this
    user owns, as programs in it are run; a new one in the folder; or, if the folder is not writable, `fallback`, by
    default the platform's folder for a user's data. Raises NoHome if that is not writable either.
    """
    start = folder.absolute() if folder else _find_working_folder()
    if configured := environ.get(VARIABLE):
        return _require_writable(start / os.path.expanduser(configured))
    candidates = (path / NAME for path in (start, *start.parents))
    if found := next(filter(_is_own, candidates), None):
        return found
    if not os.path.lexists(start / NAME) and os.access(start, os.W_OK | os.X_OK):
        return start / NAME
    return _require_writable(fallback or user_data_path("agenticai", False))


def make_home(home: Path) -> None:
    """Create the state folder, accessible to its user only, and have Git ignore it.

    An existing folder with another name, as AGENTICAI_HOME may give, is left as it is.
    """
    if not home.exists():
        make_private_folder(home)
        write_private(home / ".gitignore", "*\n")
    elif home.name == NAME:
        make_private_folder(home)


def make_private_folder(folder: Path) -> Path:
    """Create a folder that only this user can access, or restrict an existing one to that; return it."""
    make_private(folder).chmod(0o700)
    return folder


def _find_working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NoHome("The current folder no longer exists: change to another one.") from error


def _require_writable(home: Path) -> Path:
    nearest = next(path for path in (home, *home.parents) if os.path.lexists(path))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return home
    raise NoHome(
        f"Cannot write to {home}: {nearest} is not a folder that you may write to; set {VARIABLE} to another folder."
    )


def _is_own(home: Path) -> bool:
    """Return whether it is a folder that this user owns and may write to."""
    try:
        status = home.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and os.access(home, os.W_OK | os.X_OK)
