"""Explains why a machine has no sandbox."""

import os
from pathlib import Path
from typing import Final

_SETTINGS: Final = {
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "kernel/unprivileged_userns_clone": "0",
    "user/max_user_namespaces": "0",
}
"""Settings below /proc/sys that forbid user namespaces, if they have this value."""


def explain_refusal(step: str, number: int, settings: Path = Path("/proc/sys")) -> str:
    """Return why the sandbox cannot be created: the failed step with its error number, and a possible cause."""
    failure = f"this machine does not let a program make a sandbox ({step}: {os.strerror(number)})"
    for name, forbidding in _SETTINGS.items():
        if _read_file(settings / name) == forbidding:
            return f"{failure}; its setting {name.replace('/', '.')} is {forbidding}"
    return failure


def _read_file(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except OSError:
        return ""
