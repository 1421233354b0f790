"""Text of unknown origin made safe to print: nothing in it moves the cursor, hides, or turns the writing around."""

from runner.sandbox.output import escape


def readable(text: str) -> str:
    """Return the text of an argument or a path, in which bytes that Python could not decode are read as UTF-8.

    Python keeps such bytes as halves of surrogate pairs where the locale's encoding is ASCII (PEP 383). Where they are
    not UTF-8, the text is returned as it is.
    """
    try:
        return text.encode(errors="surrogateescape").decode()
    except UnicodeError:
        return text


def printable(text: str) -> str:
    """Return the text on one line, with every character that is not printable as an escape such as \\x1b."""
    return escape(readable(text))


def printable_lines(text: str) -> list[str]:
    """Return the lines of a text, each printable."""
    return [printable(line) for line in text.split("\n")]
