"""Makes text of unknown origin safe to print: nothing in it moves the cursor, hides text, or reverses it."""

from runner.sandbox.output import escape


def readable(text: str) -> str:
    """Return the text of an argument or a path, with bytes that Python could not decode read as UTF-8.

    Python keeps such bytes as surrogate escapes if the locale's encoding is ASCII (PEP 383). If they are not UTF-8, the
    text is returned as it is.
    """
    try:
        return text.encode(errors="surrogateescape").decode()
    except UnicodeError:
        return text


def printable(text: str) -> str:
    """Return the text on one line, with every non-printable character as an escape such as \\x1b."""
    return escape(readable(text))


def printable_lines(text: str) -> list[str]:
    """Return the lines of a text, with non-printable characters escaped."""
    return [printable(line) for line in text.split("\n")]
