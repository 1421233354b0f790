"""Hides the secrets in this process's variables from other processes, which may run code that nobody has reviewed."""

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
    """Wipe the secrets from where others could read them: this process's /proc/PID/environ, and a crash's core file.

    `os.environ` still has them. A child process gets them only if they are passed by name.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in SECRETS:
        if name in os.environ:
            _wipe(name.encode())


def _wipe(name: bytes) -> None:
    """Overwrite a variable in the memory with which this process was started, which the system shows."""
    import ctypes  # imported here, as most commands have no secret

    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    address = library.getenv(name)
    if address:
        ctypes.memset(address, ord("*"), len(ctypes.string_at(address)))
    os.unsetenv(name)
