"""What ends a run before it begins.

SandboxError
 └─ NotRun  nothing was run, and the message says why
"""


class SandboxError(Exception):
    """Root of the tree."""


class NotRun(SandboxError):
    """The program was not run; the message is the rest of a sentence that begins with "not run:"."""
