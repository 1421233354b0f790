"""The Gemini REST protocol, answered from cassettes, by the API itself, or by a server of another model."""

from typing import Final
from urllib.parse import quote, unquote, urldefrag

REPLAY: Final = "replay"
"""Answer from cassettes, and refuse what has none."""

NEAREST: Final = "nearest"
"""Answer from the nearest cassettes, and keep all requests, so that cassettes can be re-keyed."""

GEMINI_API: Final = "https://generativelanguage.googleapis.com"
"""Pass requests on to this address, and keep the replies as cassettes; any other URL does that as well.

One with a fragment is of a server of the OpenAI-compatible API, and the fragment names the model: `model_at` makes it.
"""

MISSES: Final = "gemini-misses"
"""The folder, in that of the run, where requests without a reply are kept."""


def model_at(url: str, name: str) -> str:
    """Return the address of a server of the OpenAI-compatible API with the model that it is asked for."""
    return f"{urldefrag(url).url.rstrip('/')}#{quote(name, safe='')}"


def served_model(how: str) -> str:
    """Return the name in such an address; empty for all other ways to answer."""
    return unquote(urldefrag(how).fragment)
