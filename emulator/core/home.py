"""The state folder, where the bench keeps what it needs again: interpreters, unpacked code, logs, reports."""

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
"""The environment variable that names the state folder, before all rules."""

SECRET_FILE: Final = "control-token"  # noqa: S105 - the name of a file
"""In a run's folder: the secret that the control API asks for, where the port is reached from elsewhere."""


def find_home(
    environ: Mapping[str, str] = os.environ, folder: Path | None = None, fallback: Path | None = None
) -> Path:
    """Return the state folder for work in `folder`, by default the working folder; it need not exist yet.

    That is what AGENTICAI_HOME names; else the nearest `.agenticai` in the folder or above it that is this user's own,
    as programs in it are run; else a new one in the folder; else, where nothing may be written there, `fallback`, by
    default the platform's folder for a user's data. Raises NoHome if nothing can be written there either.
    """
    here = folder.absolute() if folder else _working_folder()
    if named := environ.get(VARIABLE):
        return _usable(here / os.path.expanduser(named), f"set {VARIABLE} to another folder.")
    kept = (path / NAME for path in (here, *here.parents))
    if found := next(filter(_is_own, kept), None):
        return found
    if not os.path.lexists(here / NAME) and os.access(here, os.W_OK | os.X_OK):
        return here / NAME
    return _usable(fallback or user_data_path("agenticai", False), f"set {VARIABLE} to another folder.")


def make_home(home: Path) -> None:
    """Create the state folder, for its user's eyes only, and keep it out of whatever repository it is in.

    A folder that is there already and has another name, as AGENTICAI_HOME may give, is left as it is.
    """
    if not home.exists():
        private_folder(home)
        write_private(home / ".gitignore", "*\n")
    elif home.name == NAME:
        private_folder(home)


def private_folder(folder: Path) -> Path:
    """Make a folder that nobody else may look into, or make one that is there so; return it."""
    make_private(folder).chmod(0o700)
    return folder


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NoHome("The current folder no longer exists: change to another one.") from error


def _usable(home: Path, remedy: str) -> Path:
    nearest = next(path for path in (home, *home.parents) if os.path.lexists(path))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return home
    raise NoHome(f"Cannot write to {home}: {nearest} is not a folder that you may write to; {remedy}")


def _is_own(home: Path) -> bool:
    """Return whether it is a folder that belongs to this user, who may write to it."""
    try:
        found = home.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and os.access(home, os.W_OK | os.X_OK)
