"""The secrets among this process's variables, hidden from other processes: they may run code that nobody has read."""

import os
import resource
from typing import Final

SECRETS: Final = (
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "AGENTICAI_CONTROL_TOKEN",
    "AGENTICAI_MODEL_KEY",
    "LOCALSTACK_AUTH_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)


def hide_secrets() -> None:
    """Wipe the secrets from where others find them: this process's /proc/PID/environ, and a crash's core file.

    `os.environ` still has them. A process started from here has them only if it is given them by name.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in SECRETS:
        if name in os.environ:
            _wipe(name.encode())


def _wipe(name: bytes) -> None:
    """Overwrite a variable where the system shows it: in the memory that this process was started with."""
    import ctypes  # imported here: most commands have no secret

    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    address = library.getenv(name)
    if address:
        ctypes.memset(address, ord("*"), len(ctypes.string_at(address)))
    os.unsetenv(name)
