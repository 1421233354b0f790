"""The address of each run's report: the page as it was stored, in a sandbox without network access."""

import asyncio
import base64
import hashlib
import re
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agenticai.dashboard.services.runs import PAGE, RUNS, SCENARIOS
from agenticai.emulator.core.home import find_home

HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
FRAME: Final = SCENARIOS / "reports" / "page.html"

_ADDRESS: Final = re.compile(rf"/{RUNS}/([A-Za-z0-9][A-Za-z0-9.-]*)/{re.escape(PAGE)}")
_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def make_policy() -> str:
    """Return the security policy of a report: it has no origin, and may only show itself and run its frame's script."""
    scripts = _SCRIPT.findall(FRAME.read_text("utf-8"))
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src {allowed}; style-src 'unsafe-inline';"
        " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


class Reports:
    """Serves the reports; all other requests go to the next step."""

    def __init__(self, app: ASGIApp, home: Path | None = None) -> None:
        self._app = app
        self._home = home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = _ADDRESS.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if match is None:
            await self._app(scope, receive, send)
            return
        answer = await asyncio.to_thread(self._answer, Request(scope), match[1])
        await answer(scope, receive, send)

    def _answer(self, request: Request, run: str) -> Response:
        if request.url.hostname not in HOSTS or request.method not in {"GET", "HEAD"}:
            return PlainTextResponse("This address works only in a browser on this machine.\n", status_code=403)
        path = (self._home or find_home()) / RUNS / run / PAGE
        if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
            return PlainTextResponse("This run is no longer kept.\n", status_code=404)
        headers = {
            "Content-Security-Policy": make_policy(),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(path.read_bytes(), media_type="text/html", headers=headers)
