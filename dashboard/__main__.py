"""The dashboard's process, `python -m agenticai.dashboard PORT HOST`: serves until its standard input ends."""

import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.dashboard.own_pages import OwnPages
from agenticai.dashboard.reports import Reports

APP: Final = Path(__file__).with_name("app.py")
ADDRESS: Final = "127.0.0.1"
PAGE: Final = "page"
"""The parameter of the root's address that names a page."""

THEME: Final = {
    "theme.light.primaryColor": "#2455c3",
    "theme.light.textColor": "#10131a",
    "theme.dark.primaryColor": "#3b69dc",
    "theme.dark.textColor": "#f5f6f8",
}
"""Colours that can be read on their ground, captions too, which are the text's colour at 60 %.

The accent is blue: red is left to what failed.
"""

SETTINGS: Final[dict[str, Any]] = {
    "server.address": ADDRESS,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.allowedHosts": [ADDRESS, "localhost"],
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "browser.serverAddress": ADDRESS,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    **THEME,
}
"""Streamlit's settings; those of a user's own files do not count."""

POLICY: Final = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; worker-src 'self' blob:;"
    b" style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'"
)
"""Pages load nothing from elsewhere, and nobody frames them; charts compile their expressions."""

_PAGE: Final = re.compile(r"/([a-z-]+)")


class Pages:
    """Says what pages may load, and leads from a page's own address to the root, with the page as a parameter.

    Opened below the root, Streamlit's part in the browser first asks there for what is at the root, and finds nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (page := _PAGE.fullmatch(scope["path"])) and scope["method"] == "GET":
            query = f"{PAGE}={page[1]}&{scope['query_string'].decode('latin-1')}".rstrip("&")
            await RedirectResponse(f"/?{query}")(scope, receive, send)
            return

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), (b"content-security-policy", POLICY)]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_policy)


def main() -> None:
    """Serve on a port of this machine, at the address that HOST names."""
    port, host = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_follow_lifeline, daemon=True, name="lifeline").start()
    from streamlit import App, config

    settings = {**SETTINGS, "server.port": port, "browser.serverPort": port}
    config.get_config_options(force_reparse=True, options_from_flags=settings)
    app = App(
        APP,
        middleware=[Middleware(OwnPages, port=port), Middleware(Reports), Middleware(Pages)],
        on_script_error=_noted,
    )
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)


def _noted(error: Exception) -> bool:
    """Log what nobody foresaw, and show a sentence in its place."""
    import streamlit as st

    logging.getLogger(__name__).error("a page failed", exc_info=error)
    st.error("This page could not be drawn. The log of the dashboard says why.")
    return True


def _follow_lifeline() -> None:
    """End at once when the other end of standard input is closed, or its owner dies: nothing is kept here."""
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
