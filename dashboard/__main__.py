"""The dashboard's process, `python -m agenticai.dashboard PORT HOST`: it serves until its standard input is closed."""

import gc
import importlib
import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.dashboard.front_page import PARTS, find_parts, read_front_page
from agenticai.dashboard.own_pages import OwnPages
from agenticai.dashboard.reports import Reports
from agenticai.dashboard.services.variables import LOG

APP: Final = Path(__file__).with_name("app.py")
ADDRESS: Final = "127.0.0.1"
THEME: Final = {
    "theme.light.primaryColor": "#2455c3",
    "theme.light.textColor": "#10131a",
    "theme.dark.primaryColor": "#3b69dc",
    "theme.dark.textColor": "#f5f6f8",
}
"""Colours with enough contrast to their background, even in captions, which have the text's colour at 60 % opacity.

The accent is blue: red is reserved for failures.
"""

UPLOAD_MB: Final = 1
"""The limit for an upload of requirements; the API accepts far less."""

SETTINGS: Final[dict[str, Any]] = {
    "server.address": ADDRESS,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.allowedHosts": [ADDRESS, "localhost"],
    "server.maxUploadSize": UPLOAD_MB,
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "browser.serverAddress": ADDRESS,
    "runner.postScriptGC": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    **THEME,
}
"""Streamlit's settings, which override those in a user's own files.

Streamlit would collect garbage after each refresh, which takes as long as the refresh; Python's own collection
suffices.
"""

NICENESS: Final = 10
"""Lowers the dashboard's priority below that of an engine on a busy machine, and its functions."""

POLICY: Final = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; worker-src 'self' blob:;"
    b" style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'"
)
"""Pages load nothing from other origins and cannot be framed; charts compile their expressions."""

OVERVIEW: Final = "/overview"
"""The page at the root, by its own name."""

_PAGE: Final = re.compile(r"/[a-z-]*")


class Pages:
    """Serves the one HTML page at every page's address, with the security policy in its headers."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app = app
        self._pages = {parts: read_front_page(folder, parts) for parts in {find_parts("unknown"), *PARTS.values()}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_page = _PAGE.fullmatch(scope["path"]) and scope["method"] in {"GET", "HEAD"}
        await (self._answer(scope) if is_page else self._app)(scope, receive, _add_policy(send))

    def _answer(self, scope: Scope) -> Response:
        if scope["path"] == OVERVIEW:
            return RedirectResponse("/")
        parts = find_parts(scope["path"], scope["query_string"].decode("latin-1"))
        return HTMLResponse(self._pages[parts], headers={"Cache-Control": "no-cache"})


def _add_policy(send: Send) -> Send:
    async def send_with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"content-security-policy", POLICY)]
            message = {**message, "headers": headers}
        await send(message)

    return send_with_policy


def main() -> None:
    """Serve on a port of this machine, under the host name HOST."""
    port, host = int(sys.argv[1]), sys.argv[2]
    os.nice(NICENESS)
    threading.Thread(target=_follow_lifeline, daemon=True, name="lifeline").start()
    threading.Thread(target=_preload, daemon=True, name="preload").start()
    from streamlit import App, config
    from streamlit.file_util import get_static_dir

    settings = {**SETTINGS, "server.port": port, "browser.serverPort": port}
    config.get_config_options(force_reparse=True, options_from_flags=settings)
    app = App(
        APP,
        middleware=[
            Middleware(OwnPages, port=port),
            Middleware(Reports),
            Middleware(Pages, folder=Path(get_static_dir())),
        ],
        on_script_error=_report_error,
    )
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,  # compression takes longer than sending within a machine
    )


def _report_error(error: Exception) -> bool:
    """Log an unexpected error, and show a sentence in its place."""
    import streamlit as st

    logging.getLogger(__name__).error("a page failed", exc_info=error)
    st.error(f"This page could not be drawn. Reload it to try again; the reason is in `{os.environ.get(LOG)}`.")
    return True


def _preload() -> None:
    """Import what tables and clients need before a page is requested, and exempt it from garbage collection."""
    for module in ("pandas", "pyarrow", "boto3"):
        importlib.import_module(module)
    gc.collect()
    gc.freeze()


def _follow_lifeline() -> None:
    """Exit at once when standard input is closed, or its owner dies: the dashboard keeps no state."""
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
