"""The engine's errors; each message is one sentence that says what to do next.

EngineError
 ├─ PortTaken           another process listens on the requested port
 ├─ RuntimeUnavailable  the interpreter for the functions could not be installed
 ├─ InvalidCassette     a file of Gemini replies cannot be used
 ├─ NotRekeyed          it is not clear which stored request a new one replaces
 ├─ NoLocalStack        no LocalStack answers at the expected address
 ├─ NoDocker            Docker is not available, or lacks the image
 ├─ EngineCrashed       the engine ended, or was not ready in time
 ├─ InvalidReach        a value to allow is neither a host name nor an origin
 ├─ NoHome              there is no folder in which state can be stored
 └─ ControlError        the control API gave no usable answer, or the request is not possible
"""

from typing import ClassVar


class EngineError(Exception):
    """The engine cannot serve; the message is one sentence for the person at the terminal.

    `exit_status` is the gateway process's exit status, by which its parent recognizes the error.
    """

    exit_status: ClassVar[int] = 1


class PortTaken(EngineError):
    """Another process listens on the port."""

    exit_status = 3


class RuntimeUnavailable(EngineError):
    """The interpreter for the functions could not be installed."""

    exit_status = 4


class InvalidCassette(EngineError):
    """A file of Gemini replies cannot be used; the message names the file and the line."""

    exit_status = 5


class NoLocalStack(EngineError):
    """No LocalStack answers at the expected address, or it ended; the message says which, and where its log is."""

    exit_status = 6


class NoDocker(EngineError):
    """Docker is not available, may not be used, or lacks the image; the message says which, and what to do."""

    exit_status = 7


class NotRekeyed(EngineError):
    """It is not clear which stored request a new one replaces; the message names both, and nothing was changed."""


class EngineCrashed(EngineError):
    """The gateway process ended, or was not ready in time; the message says where its log is."""


class InvalidReach(EngineError):
    """A value to allow is neither a host name nor an origin."""


class NoHome(EngineError):
    """There is no folder in which state can be stored; the message names the reason."""


class ControlError(EngineError):
    """The control API could not be reached, gave no usable answer, or the request is not possible."""
