"""Why a machine has no sandbox, in words."""

import os
from pathlib import Path
from typing import Final

_SETTINGS: Final = {
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "kernel/unprivileged_userns_clone": "0",
    "user/max_user_namespaces": "0",
}
"""What forbids user namespaces below /proc/sys, where it has this value."""


def why_not(step: str, number: int, settings: Path = Path("/proc/sys")) -> str:
    """Return why the sandbox cannot be made: the step that failed with an error's number, and what may forbid it."""
    failure = f"this machine does not let a program make a sandbox ({step}: {os.strerror(number)})"
    for name, forbidding in _SETTINGS.items():
        if _read(settings / name) == forbidding:
            return f"{failure}; its setting {name.replace('/', '.')} is {forbidding}"
    return failure


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except OSError:
        return ""
