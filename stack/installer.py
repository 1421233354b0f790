"""Runs uv, which resolves and installs packages; no other module does."""

import errno
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agenticai.stack.errors import BuildError

_SECRETS = re.compile(r"(AWS|GEMINI|GOOGLE|AGENTICAI|LOCALSTACK)_")
"""Variables that installers and packages' build scripts do not need, keys and tokens among them."""

Uv = Callable[[Sequence[str]], str]
"""Runs uv with these arguments and returns its output. Raises BuildError with its error message."""


def run_uv(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> str:
    """Run uv with the settings in `environ`, such as proxies and PIP_INDEX_URL. Raises BuildError if it fails."""
    from uv import find_uv_bin  # imported here, as cached packages need no uv

    environment = {name: value for name, value in environ.items() if not _SECRETS.match(name)}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    environment.pop("COLUMNS", None)  # with it, uv would wrap the lines of its error message
    if index := environment.get("PIP_INDEX_URL"):
        environment.setdefault("UV_DEFAULT_INDEX", index)
    uv = find_uv_bin()
    command = [uv, *arguments, *_list_cache_options(uv, environment), "--quiet", "--system-certs"]
    completed = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", env=environment, check=False
    )
    if completed.returncode:
        raise BuildError(_extract_complaint(completed.stderr))
    return completed.stdout


def advise(complaint: str) -> str:
    """Return advice for an installation that failed with this error message."""
    if os.strerror(errno.ENOSPC) in complaint:
        return "Make room on that disk"
    return "If that is the network, set PIP_INDEX_URL to a mirror in reach"


def _list_cache_options(uv: str, environ: Mapping[str, str]) -> list[str]:
    """Return the option to disable uv's cache if its folder is not writable, as with a read-only home."""
    completed = subprocess.run([uv, "cache", "dir"], capture_output=True, env=environ, check=False)
    folder = Path(os.fsdecode(completed.stdout).strip())
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    return [] if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK) else ["--no-cache"]


def _extract_complaint(stderr: str) -> str:
    """Return uv's error message and its cause as one line without labels."""
    lines = (line.strip() for line in stderr.splitlines())
    messages = [text for line in lines if (text := line.removeprefix("error: ").removeprefix("cause: ")) != line]
    return ": ".join(messages) or stderr.strip() or "nothing"
