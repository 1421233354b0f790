"""Shows text of unknown origin as text: never as markup, and without characters that hide or reverse other text."""

import re
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from agenticai.client import durations
from agenticai.display.printable import printable, printable_lines

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_REPLACED: Final = re.compile(r"(?<=:)(?=[a-z/])|(?<=www)(?=\.)|(?=@)|(?<=[-<>=~])(?=[-<>=~])", re.IGNORECASE)
"""Places in addresses, arrows and `:streamlit:` that Streamlit replaces even if their punctuation is escaped."""

_JOINER: Final = "\u2060"


def escape_markdown(text: str) -> str:
    """Escape text for a place that Streamlit reads as Markdown, such as a label, so that it is shown as it is.

    What Streamlit would replace gets a word joiner, which is invisible.
    """
    return _PUNCTUATION.sub(r"\\\1", _REPLACED.sub(_JOINER, printable(text)))


def say(text: str) -> None:
    """Show lines of text."""
    st.text("\n".join(printable_lines(text)))


def code(text: str, language: str | None = None) -> None:
    """Show lines of text in a monospaced font, with a button that copies them."""
    st.code("\n".join(printable_lines(text)), language=language, wrap_lines=True)


def format_time(at: datetime) -> str:
    """Format a time as all pages do."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def format_count(count: int, thing: str, things: str = "") -> str:
    """Return a count with its noun, whose plural is `things`, by default with an s."""
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"


def format_age(seconds: float | None) -> str:
    """Return a duration in its two largest units; a dash if it is unknown."""
    return "-" if seconds is None else durations.format_age(seconds)
