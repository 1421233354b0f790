"""What is left of an error that nobody foresaw: its traceback in a file, and one sentence that names it."""

import os
import tempfile
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agenticai.emulator.core.errors import NoHome
from agenticai.emulator.core.home import find_home, make_home
from agenticai.emulator.gemini.key_forms import list_key_forms
from agenticai.secret_variables import SECRETS

FOLDER: Final = "crashes"


def report_crash(error: Exception, environ: Mapping[str, str] = os.environ) -> str:
    """Write the traceback to a file, which only its user may read, and return a sentence that names both."""
    told = "".join(traceback.format_exception(error))
    for name in SECRETS:
        if secret := environ.get(name):
            for form in list_key_forms(secret) or (secret,):
                told = told.replace(form, f"[{name}]")
    kind, where = type(error).__name__, _keep(told, environ)
    if isinstance(error, OSError):
        named = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{named}; where that happened is in {where}."
    return f"this is a fault of agenticai ({kind}): please report it with {where}, which holds the traceback."


def _keep(told: str, environ: Mapping[str, str]) -> Path:
    """Return the file that now holds the text: in the state folder, or among temporary files where there is none."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    try:
        home = find_home(environ)
        make_home(home)
        folder = home / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
    except (NoHome, OSError):
        folder = Path(tempfile.mkdtemp(prefix="agenticai-"))
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(told, encoding="utf-8", errors="backslashreplace")
    return path
