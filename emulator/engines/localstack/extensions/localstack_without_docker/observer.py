"""Reports the beginning and end of environments and invocations by HTTP, if an observer is configured."""

import json
import logging
import urllib.request
from pathlib import Path

LOG = logging.getLogger(__name__)
SECONDS = 5.0


class Observer:
    """Posts events to one URL and waits for the answer, so that an invocation is known before the calls that it makes.

    If the observer does not answer, this is logged, and the function is not affected. The token is read from its file
    each time, as the observer may write it later, or replace it.
    """

    def __init__(self, url: str, token: str = "", token_file: str = "") -> None:
        self._url = url
        self._token = token
        self._token_file = token_file
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send_event(self, event: str, **details: object) -> None:
        """Send an event."""
        if not self._url:
            return
        body = json.dumps({"event": event, **details}).encode()
        request = urllib.request.Request(self._url, body)  # noqa: S310 - set by the owner
        request.add_header("Content-Type", "application/json")
        try:
            if token := self._token or self._read_token():
                request.add_header("Authorization", f"Bearer {token}")
            with self._opener.open(request, timeout=SECONDS):
                pass
        except OSError as error:
            LOG.warning("The observer at %s was not told that an %s: %s", self._url, event, error)

    def _read_token(self) -> str:
        return Path(self._token_file).read_text(encoding="utf-8").strip() if self._token_file else ""
