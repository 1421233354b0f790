"""The Gemini REST protocol, answered from cassettes, by the API itself, or by a server of another model."""

from typing import Final
from urllib.parse import quote, unquote, urldefrag

REPLAY: Final = "replay"
"""Answer from cassettes, and refuse requests without one."""

NEAREST: Final = "nearest"
"""Answer from the nearest cassettes, and store all requests, so that cassettes can be re-keyed."""

GEMINI_API: Final = "https://generativelanguage.googleapis.com"
"""Forward requests to this address, and record the replies as cassettes; any other URL does the same.

A URL with a fragment is that of an OpenAI-compatible server, and the fragment names the model; see `build_model_url`.
"""

MISSES: Final = "gemini-misses"
"""The folder, below the run's, where requests without a reply are stored."""


def build_model_url(url: str, name: str) -> str:
    """Return the URL of an OpenAI-compatible server with the model to use as its fragment."""
    return f"{urldefrag(url).url.rstrip('/')}#{quote(name, safe='')}"


def parse_model_name(source: str) -> str:
    """Return the model's name in such a URL; empty for all other ways to answer."""
    return unquote(urldefrag(source).fragment)
