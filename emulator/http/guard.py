"""The gateway's first step: refuses requests of pages from other origins, and requests to host names not allowed.

Any page in the user's browser can send requests to a development server: by forms, images and links without a
preflight, and by its own host name that resolves to 127.0.0.1 (DNS rebinding). So the guard checks two things: that the
request is addressed to this machine or an allowed name, and whether a page sent it, and which one. Browsers send that
in headers that no page can set: https://fetch.spec.whatwg.org/#forbidden-request-header. SDKs, curl and other programs
do not send these headers, and are not checked for an origin.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.http.reach import is_loopback, parse_host_name
from agenticai.emulator.http.request import find_deployed_api, read_request

logger = logging.getLogger(__name__)

LOGGED_FULLY: Final = 100
"""Number of refusals that are all logged; of later ones only every hundredth, so that no page can fill the disk."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
RPC_PATH: Final = re.compile(r"/service/[^/]+/operation/")
"""The path in which AWS's RPC protocols name an operation: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html"""

SANDBOX: Final = b"sandbox allow-scripts allow-forms allow-popups allow-downloads"
"""The policy for pages that the engine serves, such as those of a produced project: their scripts have an opaque
origin, so their requests are refused like those of any other page. https://www.w3.org/TR/CSP3/#directive-sandbox"""


@dataclass(frozen=True)
class Allowed:
    """What is allowed explicitly: host names without ports, and origins such as `http://localhost:5173`.

    `api_origins` returns the origins that a deployed API, given by its id, allows on its own paths; `*` means all.
    """

    hosts: Collection[str] = ()
    origins: Collection[str] = ()
    api_origins: Callable[[str], Collection[str]] = lambda _: ()

    def allows_host(self, name: str) -> bool:
        """Return whether a request may be addressed to this name: this machine's own, or an allowed one."""
        return is_loopback(name) or name in self.hosts

    def is_allowed_by_api(self, api: str | None, origin: str) -> bool:
        """Return whether a deployed API allows a page of this origin to call it."""
        return bool(api) and not {origin, "*"}.isdisjoint(self.api_origins(api or ""))


class Browser(NamedTuple):
    """The source of a browser's request: `site` is the value of Sec-Fetch-Site; each is empty if absent.

    `origin` is that of the page; `referer` as well, for links and embedded content that are sent without Origin.
    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    """

    site: str
    origin: str
    referer: str


class GuardedCall:
    """A request as the guard sees it; `name` is its host name, empty if HTTP/1.0 has none."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.headers = read_request(scope).headers
        self.hosts = [value.decode("latin-1").strip() for name, value in scope["headers"] if name.lower() == b"host"]
        self.name = parse_host_name(self.hosts[0]) if len(self.hosts) == 1 else None
        self.browser = _read_browser(self.headers)
        # A name below localhost may belong to a bucket or another service, regardless of the path.
        is_subdomain = (self.name or "").endswith(".localhost")
        self.api = None if is_subdomain else find_deployed_api(scope["path"])
        scheme = "https" if scope.get("scheme") in {"https", "wss"} else "http"
        self.own = f"{scheme}://{self.hosts[0].lower()}" if self.hosts else ""

    @property
    def opens_a_page(self) -> bool:
        """Whether a browser displays the answer as a page."""
        mode, accepted = self.headers.get("sec-fetch-mode"), self.headers.get("accept", "")
        return mode == "navigate" or (not mode and "text/html" in accepted)

    @property
    def acts(self) -> bool:
        """Whether it may change something: AWS's query protocol accepts operations in the URL, too."""
        if self.scope["type"] != "http" or self.scope["method"] not in SAFE_METHODS:
            return True
        parameters = parse_qs(self.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        in_url = "action" in {name.lower() for name in parameters} or bool(RPC_PATH.match(self.scope["path"]))
        return in_url and self.api is None


class Guard:
    """Refuses requests before reading their body, with a sentence; sends `Access-Control-*` to allowed origins only."""

    def __init__(self, app: ASGIApp, allowed: Allowed) -> None:
        self._app = app
        self._allowed = allowed
        self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        call = GuardedCall(scope)
        if reason := self._find_refusal(call):
            await self._refuse(scope, receive, send, reason)
        elif call.browser is None or scope["type"] == "websocket":
            await self._app(scope, receive, send)
        elif _is_preflight(call) and call.browser.origin in self._allowed.origins:
            await _build_preflight_answer(call.headers)(scope, receive, send)
        else:
            await self._app(scope, receive, self._filter_answer(call, call.browser, send))

    def _find_refusal(self, call: GuardedCall) -> str | None:
        """Return why the request is refused, in a sentence that explains how to allow it; None if it is allowed."""
        if not call.scope.get("raw_path", b"/").startswith((b"/", b"*")):
            return "The request line has a complete URL instead of a path: send only the path."
        if call.name is None and (call.hosts or call.scope.get("http_version") != "1.0"):
            return "The Host header is not a single host name."
        if call.name is not None and not self._allowed.allows_host(call.name):
            return (
                f"{call.name} is not an allowed host name:"
                f" start the engine with `--allow-host {call.name}` to allow it."
            )
        if call.browser is None or self._may_pass(call, call.browser):
            return None
        return _explain(call.browser)

    def _may_pass(self, call: GuardedCall, browser: Browser) -> bool:
        same_origin = browser.site == "same-origin"
        page = call.own if same_origin else browser.origin or browser.referer
        # Redirects keep the Referer: it identifies the page that embeds an image, not who chose the URL.
        if page and (same_origin or browser.origin or not call.acts):
            if page in self._allowed.origins:
                return True
            # A page of a deployed API may call deployed APIs; all other pages served here have an opaque origin.
            if call.api and (page == call.own or self._allowed.is_allowed_by_api(call.api, page)):
                return True
        # A typed URL, a bookmark, or a link in another program: reading is allowed, changes are not.
        may_read = browser.site == "none" or (bool(page) and page == call.own and call.opens_a_page)
        return may_read and not call.acts

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, reason: str) -> None:
        self._refused += 1
        if self._refused <= LOGGED_FULLY or self._refused % LOGGED_FULLY == 0:
            request_line = ascii(f"{scope.get('method', scope['type'])} {scope['path'][:200]}")
            logger.warning("refused %s (refusal %d): %s", request_line, self._refused, ascii(reason[:400]))
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        # The connection is closed after the answer, so that the rest of the body is not read.
        answer = PlainTextResponse(f"Refused by AgenticAI's engine. {reason}\n", 403, {"Connection": "close"})
        await answer(scope, receive, send)

    def _filter_answer(self, call: GuardedCall, browser: Browser, send: Send) -> Send:
        """Return a `send` that removes `Access-Control-*` unless the origin is allowed, and sandboxes pages."""
        shared = browser.origin in self._allowed.origins
        by_api = self._allowed.is_allowed_by_api(call.api, browser.origin)
        sandboxed = call.opens_a_page and call.api is None and call.own not in self._allowed.origins

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if shared or not by_api:
                    headers = [pair for pair in headers if not pair[0].lower().startswith(b"access-control-")]
                if shared:
                    headers += _build_sharing_headers(browser.origin)
                if sandboxed:
                    headers.append((b"content-security-policy", SANDBOX))
                message = {**message, "headers": headers}
            await send(message)

        return answer


def _explain(browser: Browser) -> str:
    """Explain to a browser's user why a request is refused and how to allow it."""
    page = browser.origin or browser.referer
    if page == "null":
        return (
            "A browser sent this from a page without an origin, such as a file: to allow it, serve the page over"
            " HTTP and start the engine with `--allow-origin` and the page's address."
        )
    if page or browser.site != "none":
        sender = f"from {page}" if page else "from a page of another origin"
        return f"A browser sent this {sender}: start the engine with `--allow-origin {page or 'ORIGIN'}` to allow it."
    return (
        "A browser sent this without a page's origin, so it may only read: send it from a page whose origin"
        " `--allow-origin` allows, or from a program whose User-Agent is not a browser's."
    )


def _read_browser(headers: Mapping[str, str]) -> Browser | None:
    """Return the source of a browser's request; None if no browser sent it."""
    site, origin = (headers.get(name, "").strip().lower() for name in ("sec-fetch-site", "origin"))
    referer = headers.get("referer", "").strip()
    if site or origin or referer:
        return Browser(site, origin, _parse_origin(referer))
    # A browser that is too old, or configured not to send it, is trusted as little as a typed URL.
    is_browser = headers.get("user-agent", "").strip().startswith("Mozilla/")
    return Browser("none", "", "") if is_browser else None


def _parse_origin(referer: str) -> str:
    try:
        parts = urlsplit(referer)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}".lower() if referer else ""


def _is_preflight(call: GuardedCall) -> bool:
    return call.scope["method"] == "OPTIONS" and "access-control-request-method" in call.headers


def _build_preflight_answer(headers: Mapping[str, str]) -> Response:
    """Return the answer to a preflight request of an allowed origin: it allows everything requested.

    https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    answer = Response(status_code=204)
    answer.raw_headers += _build_sharing_headers(headers["origin"].strip().lower())
    plurals = {"method": "methods", "headers": "headers"}
    for name, plural in plurals.items():
        if value := headers.get(f"access-control-request-{name}"):
            answer.headers[f"Access-Control-Allow-{plural.title()}"] = value
    if "access-control-request-private-network" in headers:
        answer.headers["Access-Control-Allow-Private-Network"] = "true"
    answer.headers["Access-Control-Max-Age"] = "600"
    return answer


def _build_sharing_headers(origin: str) -> Iterable[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]
