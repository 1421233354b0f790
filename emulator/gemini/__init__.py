"""The Gemini REST protocol, answered from cassettes or passed on to the API itself."""

from typing import Final

REPLAY: Final = "replay"
"""Answer from cassettes, and refuse what has none."""

NEAREST: Final = "nearest"
"""Answer from the nearest cassettes, and keep all requests, so that cassettes can be re-keyed."""

GEMINI_API: Final = "https://generativelanguage.googleapis.com"
"""Pass requests on to this address, and keep the replies as cassettes; any other URL does that as well."""

MISSES: Final = "gemini-misses"
"""The folder, in that of the run, where requests without a reply are kept."""
