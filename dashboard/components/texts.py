"""Text of unknown origin, shown as text: never as markup, and without characters that hide or turn the writing."""

import re
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from agenticai.client import durations
from agenticai.display.printable import printable, printable_lines

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_REPLACED: Final = re.compile(r"(?<=:)(?=[a-z/])|(?<=www)(?=\.)|(?=@)|(?<=[-<>=~])(?=[-<>=~])", re.IGNORECASE)
"""Within addresses, arrows and `:streamlit:`, which Streamlit replaces even where their punctuation is escaped."""

_JOINER: Final = "\u2060"


def plain(text: str) -> str:
    """Return text for a place that Streamlit reads as Markdown, such as a label: it is shown as it is.

    What Streamlit would replace has a word joiner in it, which cannot be seen.
    """
    return _PUNCTUATION.sub(r"\\\1", _REPLACED.sub(_JOINER, printable(text)))


def say(text: str) -> None:
    """Show lines of text."""
    st.text("\n".join(printable_lines(text)))


def code(text: str, language: str | None = None) -> None:
    """Show lines of text in a fixed width, with a button that copies them."""
    st.code("\n".join(printable_lines(text)), language=language, wrap_lines=True)


def when(at: datetime) -> str:
    """Return a time as all pages write it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def many(count: int, thing: str, things: str = "") -> str:
    """Return so many of a thing, whose plural is `things`, by default with an s."""
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"


def age(seconds: float | None) -> str:
    """Return a length of time in its two largest units; a dash where it is not known."""
    return "-" if seconds is None else durations.age(seconds)
