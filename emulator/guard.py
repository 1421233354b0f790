"""The gateway's first step: what a browser sends from elsewhere, or to a name that nobody allowed, goes no further.

Any page that its owner opens can send requests to a development server: by forms, images and links without asking,
and by a host name of its own that it lets resolve to 127.0.0.1 (DNS rebinding). Two questions keep them out. Is the
request addressed to this machine, or to a name that was allowed? And does it come from a page, and from which one?
Browsers say that in headers that no page can set: https://fetch.spec.whatwg.org/#forbidden-request-header. SDKs, curl
and other programs send none of them, and are not asked.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

LOGGED_FULLY: Final = 100
"""Refusals that are logged one by one; of the later ones every hundredth, so that no page fills the disk."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
API_PATHS: Final = ("/_aws/execute-api/", "/restapis/")
API_HOST: Final = ".execute-api."
"""Where deployed APIs answer; each decides by itself which origins may call it."""

SANDBOX: Final = b"sandbox allow-scripts allow-forms allow-popups allow-downloads"
"""For pages that a browser opens here, such as those of a produced project: their scripts are of no origin, so what
they send is refused like any other page's. https://www.w3.org/TR/CSP3/#directive-sandbox"""


@dataclass(frozen=True)
class Allowed:
    """What was allowed on purpose: host names without ports, and origins such as `http://localhost:5173`.

    `api_origins` returns the origins that deployed APIs allow on their own paths; `*` stands for all.
    """

    hosts: Collection[str] = ()
    origins: Collection[str] = ()
    api_origins: Callable[[], Collection[str]] = lambda: ()

    def host(self, name: str) -> bool:
        """Whether a request may be addressed to this name: this machine's own, or one that was allowed."""
        return is_loopback(name) or name in {allowed.lower() for allowed in self.hosts}

    def origin(self, origin: str, host: str, path: str) -> bool:
        """Whether a page of this origin may call the path on the host."""
        if origin in self.origins:
            return True
        of_apis = self.api_origins() if path.startswith(API_PATHS) or API_HOST in host else ()
        return origin in of_apis or "*" in of_apis


class Browser(NamedTuple):
    """What a browser says of where a request comes from: `site` as Sec-Fetch-Site has it, `origin` where it says one.

    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    """

    site: str
    origin: str


class Guard:
    """Refuses before a body is read, with one sentence, and answers `Access-Control-*` for what is allowed only."""

    def __init__(self, after: ASGIApp, allowed: Allowed) -> None:
        self._after = after
        self._allowed = allowed
        self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._after(scope, receive, send)
            return
        headers = _headers(scope)
        browser = _browser(headers)
        reason = self._reason(scope, headers, browser)
        if reason:
            await self._refuse(scope, receive, send, reason)
        elif browser is None or scope["type"] == "websocket":
            await self._after(scope, receive, send)
        elif _is_preflight(scope, headers) and browser.origin in self._allowed.origins:
            await _preflight_answer(headers)(scope, receive, send)
        else:
            await self._after(scope, receive, self._answering(scope, headers, browser, send))

    def _reason(self, scope: Scope, headers: Mapping[str, list[str]], browser: Browser | None) -> str | None:
        """Return why the request is refused, as a sentence that says how to allow it; None if it is not."""
        if not scope.get("raw_path", b"/").startswith((b"/", b"*")):
            return "The request names a whole address in place of a path: send the path alone."
        hosts = headers.get("host", [])
        name = _host_name(hosts[0]) if len(hosts) == 1 else None
        if len(hosts) > 1 or (hosts and name is None):
            return "The header Host is no name of one host."
        if name is not None and not self._allowed.host(name):
            return f"{name} is no name of this machine: start the engine with `--allow-host {name}` to allow it."
        if browser is None or self._may_pass(scope, hosts, browser):
            return None
        origin = browser.origin or "ORIGIN"
        came = f"from {origin}" if browser.origin else "from a page of another origin"
        return f"A browser sent this {came}: start the engine with `--allow-origin {origin}` to allow it."

    def _may_pass(self, scope: Scope, hosts: list[str], browser: Browser) -> bool:
        if browser.origin and self._allowed.origin(browser.origin, "".join(hosts), scope["path"]):
            return True
        if browser.site == "none":
            # Typed, a bookmark, or a link of another program: to look is allowed, to change something is not.
            return scope["type"] == "http" and scope["method"] in SAFE_METHODS and not _acts(scope)
        if browser.site:
            return browser.site == "same-origin"
        return bool(hosts) and browser.origin == f"{_scheme(scope)}://{hosts[0].lower()}"

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, reason: str) -> None:
        self._refused += 1
        if self._refused <= LOGGED_FULLY or self._refused % LOGGED_FULLY == 0:
            asked = ascii(f"{scope.get('method', scope['type'])} {scope['path'][:200]}")
            logger.warning("refused %s (refusal %d): %s", asked, self._refused, ascii(reason[:400]))
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        # The connection ends with the answer, so that a body that is still under way is not read.
        answer = PlainTextResponse(f"Refused by AgenticAI's engine. {reason}\n", 403, {"Connection": "close"})
        await answer(scope, receive, send)

    def _answering(self, scope: Scope, headers: Mapping[str, list[str]], browser: Browser, send: Send) -> Send:
        """Return a `send` that leaves `Access-Control-*` only to whom it is for, and gives pages no origin."""
        host = headers.get("host", [""])[0].lower()
        own_page = f"{_scheme(scope)}://{host}"
        shared = browser.origin in self._allowed.origins
        by_api = bool(browser.origin) and self._allowed.origin(browser.origin, host, scope["path"])
        sandboxed = _opens_a_page(headers) and own_page not in self._allowed.origins

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = list(message.get("headers", []))
                if shared or not by_api:
                    kept = [pair for pair in kept if not pair[0].lower().startswith(b"access-control-")]
                if shared:
                    kept += _sharing(browser.origin)
                if sandboxed:
                    kept.append((b"content-security-policy", SANDBOX))
                message = {**message, "headers": kept}
            await send(message)

        return answer


def is_loopback(name: str) -> bool:
    """Whether a host name means this machine wherever it is looked up: RFC 6761 reserves localhost and all below it."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip())
    return found


def _host_name(host: str) -> str | None:
    """Return the name in a Host header, in lower case and without its port; None if it is not one."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    plain = not (parts.username is not None or parts.path or parts.query or parts.fragment)
    return name.rstrip(".") if name and plain and name.isascii() and not set(name) & set(" \t,;%") else None


def _browser(headers: Mapping[str, list[str]]) -> Browser | None:
    """Return where a browser says that the request comes from; None if no browser sent it."""
    site = headers.get("sec-fetch-site", [""])[0].lower()
    origin = headers.get("origin", [""])[0].lower()
    if not site and not origin and (referer := headers.get("referer", [""])[0]):
        parts = urlsplit(referer)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
    if site or origin:
        return Browser(site, origin)
    # One that is too old to say it, or was told to be silent, is trusted as little as a typed address.
    is_browser = any(agent.startswith("Mozilla/") for agent in headers.get("user-agent", []))
    return Browser("none", "") if is_browser else None


def _acts(scope: Scope) -> bool:
    """Whether a GET does more than look: AWS's query protocol takes its operation in the address."""
    return "action" in {name.lower() for name in parse_qs(scope.get("query_string", b"").decode("latin-1"))}


def _opens_a_page(headers: Mapping[str, list[str]]) -> bool:
    return headers.get("sec-fetch-mode", [""])[0] == "navigate" or "text/html" in headers.get("accept", [""])[0]


def _scheme(scope: Scope) -> str:
    return "https" if scope.get("scheme") in {"https", "wss"} else "http"


def _is_preflight(scope: Scope, headers: Mapping[str, list[str]]) -> bool:
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


def _preflight_answer(headers: Mapping[str, list[str]]) -> Response:
    """Return the answer to a preflight request of an origin that was allowed: everything it asks for.

    https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    answer = Response(status_code=204)
    answer.raw_headers += _sharing(headers["origin"][0])
    asked = {"method": "methods", "headers": "headers"}
    for name, granted in asked.items():
        if values := headers.get(f"access-control-request-{name}"):
            answer.headers[f"Access-Control-Allow-{granted.title()}"] = values[0]
    if "access-control-request-private-network" in headers:
        answer.headers["Access-Control-Allow-Private-Network"] = "true"
    answer.headers["Access-Control-Max-Age"] = "600"
    return answer


def _sharing(origin: str) -> Iterable[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]
