"""Reports an unexpected error: its traceback goes to a file, and one sentence names it."""

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
    """Write the traceback to a file that only its user may read, and return a sentence with the error and the file."""
    traceback_text = "".join(traceback.format_exception(error))
    for name in SECRETS:
        if secret := environ.get(name):
            for key_form in list_key_forms(secret) or (secret,):
                traceback_text = traceback_text.replace(key_form, f"[{name}]")
    error_type, path = type(error).__name__, _keep(traceback_text, environ)
    if isinstance(error, OSError):
        file_name = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{file_name}; where that happened is in {path}."
    return f"this is a fault of agenticai ({error_type}): please report it with {path}, which holds the traceback."


def _keep(text: str, environ: Mapping[str, str]) -> Path:
    """Write the text to a file in the state folder, or in a temporary folder if there is none, and return its path."""
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
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
