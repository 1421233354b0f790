"""What can go wrong with the engine, each as one sentence that says what to do next.

EngineError
 ├─ PortTaken           another process listens on the port that was asked for
 ├─ RuntimeUnavailable  the interpreter for the functions could not be installed
 ├─ InvalidCassette     a file of Gemini replies cannot be used
 ├─ NotRekeyed          it is not clear which stored request a new one replaces
 ├─ NoLocalStack        no LocalStack answers where one should run
 ├─ NoDocker            Docker is not in reach, or lacks the image
 ├─ EngineCrashed       the engine ended, or was not ready in time
 ├─ InvalidReach        what is to be let in is neither a host name nor an origin
 ├─ NoHome              there is no folder that state can be kept in
 └─ ControlError        the control API did not answer as it should, or was asked for what cannot be
"""

from typing import ClassVar


class EngineError(Exception):
    """The embedded cloud cannot serve; the message is one sentence for the person at the terminal.

    `exit_status` is the gateway process's exit status for this error, by which its parent knows which one it was.
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
    """No LocalStack answers where one should run, or it ended; the message says which, and where its log is."""

    exit_status = 6


class NoDocker(EngineError):
    """Docker is not in reach, may not be used, or has no such image; the message says which, and what to do."""

    exit_status = 7


class NotRekeyed(EngineError):
    """It is not clear which stored request a new one replaces; the message names both, and nothing was changed."""


class EngineCrashed(EngineError):
    """The gateway process ended, or was not ready in time; the message says where its log is."""


class InvalidReach(EngineError):
    """What is to be let in is neither a host name nor an origin."""


class NoHome(EngineError):
    """There is no folder that state can be kept in; the message names what is in the way."""


class ControlError(EngineError):
    """The control API could not be reached, gave no usable answer, or was asked for what cannot be."""
