"""What ends a run before it begins.

NotRun         nothing was run
 └─ NoSandbox  because this machine has no sandbox
"""


class NotRun(Exception):
    """The program was not run; the message is the rest of a sentence that begins with "not run:"."""


class NoSandbox(NotRun):
    """No sandbox can be made on this machine, whatever the program."""
