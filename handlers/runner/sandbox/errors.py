"""Errors that prevent a run.

NotRun         nothing was run
 └─ NoSandbox  because this machine has no sandbox
"""


class NotRun(Exception):
    """The program was not run; the message continues a sentence that begins with "not run:"."""


class NoSandbox(NotRun):
    """No sandbox can be created on this machine for any program."""
