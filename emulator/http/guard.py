"""The gateway's first step: what a browser sends from elsewhere, or to a name that nobody allowed, goes no further.

Any page that its owner opens can send requests to a development server: by forms, images and links without asking,
and by a host name of its own that it lets resolve to 127.0.0.1 (DNS rebinding). Two questions keep them out. Is the
request addressed to this machine, or to a name that was allowed? And does it come from a page, and from which one?
Browsers say that in headers that no page can set: https://fetch.spec.whatwg.org/#forbidden-request-header. SDKs, curl
and other programs send none of them, and are not asked.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.http.reach import host_name, is_loopback
from agenticai.emulator.http.request import deployed_api, read_request

logger = logging.getLogger(__name__)

LOGGED_FULLY: Final = 100
"""Refusals that are logged one by one; of the later ones every hundredth, so that no page fills the disk."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
RPC_PATH: Final = re.compile(r"/service/[^/]+/operation/")
"""Where AWS's RPC protocols name an operation: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html"""

SANDBOX: Final = b"sandbox allow-scripts allow-forms allow-popups allow-downloads"
"""For pages that a browser opens here, such as those of a produced project: their scripts are of no origin, so what
they send is refused like any other page's. https://www.w3.org/TR/CSP3/#directive-sandbox"""


@dataclass(frozen=True)
class Allowed:
    """What was allowed on purpose: host names without ports, and origins such as `http://localhost:5173`.

    `api_origins` returns the origins that a deployed API, given by its id, allows on its own paths; `*` stands for all.
    """

    hosts: Collection[str] = ()
    origins: Collection[str] = ()
    api_origins: Callable[[str], Collection[str]] = lambda _: ()

    def host(self, name: str) -> bool:
        """Return whether a request may be addressed to this name: this machine's own, or one that was allowed."""
        return is_loopback(name) or name in self.hosts

    def by_api(self, api: str | None, origin: str) -> bool:
        """Return whether a deployed API allows a page of this origin to call it."""
        return bool(api) and not {origin, "*"}.isdisjoint(self.api_origins(api or ""))


class Browser(NamedTuple):
    """What a browser says of where a request comes from: `site` as Sec-Fetch-Site has it, each of them empty if absent.

    `origin` is that of the page; `referer` is too, from where a page is linked or embedded without saying its origin.
    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    """

    site: str
    origin: str
    referer: str


class GuardedCall:
    """A request as the guard sees it; `name` is that of the host, empty where HTTP/1.0 has none."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.headers = read_request(scope).headers
        self.hosts = [value.decode("latin-1").strip() for name, value in scope["headers"] if name.lower() == b"host"]
        self.name = host_name(self.hosts[0]) if len(self.hosts) == 1 else None
        self.browser = _browser(self.headers)
        # A name below localhost may be that of a bucket or another service, whatever the path says.
        below = (self.name or "").endswith(".localhost")
        self.api = None if below else deployed_api(scope["path"])
        scheme = "https" if scope.get("scheme") in {"https", "wss"} else "http"
        self.own = f"{scheme}://{self.hosts[0].lower()}" if self.hosts else ""

    @property
    def opens_a_page(self) -> bool:
        """Whether a browser shows the answer."""
        mode, accepted = self.headers.get("sec-fetch-mode"), self.headers.get("accept", "")
        return mode == "navigate" or (not mode and "text/html" in accepted)

    @property
    def acts(self) -> bool:
        """Whether it may do more than look: AWS's query protocol takes its operation in the address, too."""
        if self.scope["type"] != "http" or self.scope["method"] not in SAFE_METHODS:
            return True
        named = parse_qs(self.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        by_address = "action" in {name.lower() for name in named} or bool(RPC_PATH.match(self.scope["path"]))
        return by_address and self.api is None


class Guard:
    """Refuses before a body is read, with one sentence, and answers `Access-Control-*` for what is allowed only."""

    def __init__(self, app: ASGIApp, allowed: Allowed) -> None:
        self._app = app
        self._allowed = allowed
        self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        call = GuardedCall(scope)
        if reason := self._reason(call):
            await self._refuse(scope, receive, send, reason)
        elif call.browser is None or scope["type"] == "websocket":
            await self._app(scope, receive, send)
        elif _is_preflight(call) and call.browser.origin in self._allowed.origins:
            await _preflight_answer(call.headers)(scope, receive, send)
        else:
            await self._app(scope, receive, self._answering(call, call.browser, send))

    def _reason(self, call: GuardedCall) -> str | None:
        """Return why the request is refused, as a sentence that says how to allow it; None if it is not."""
        if not call.scope.get("raw_path", b"/").startswith((b"/", b"*")):
            return "The request line has a complete URL instead of a path: send only the path."
        if call.name is None and (call.hosts or call.scope.get("http_version") != "1.0"):
            return "The Host header is not a single host name."
        if call.name is not None and not self._allowed.host(call.name):
            return (
                f"{call.name} is not an allowed host name:"
                f" start the engine with `--allow-host {call.name}` to allow it."
            )
        if call.browser is None or self._may_pass(call, call.browser):
            return None
        return _explain(call.browser)

    def _may_pass(self, call: GuardedCall, browser: Browser) -> bool:
        same = browser.site == "same-origin"
        page = call.own if same else browser.origin or browser.referer
        # A Referer outlives redirects: it tells who embeds a picture, not who chose the address.
        if page and (same or browser.origin or not call.acts):
            if page in self._allowed.origins:
                return True
            # A page of a deployed API may call deployed APIs; all other pages from here are of no origin.
            if call.api and (page == call.own or self._allowed.by_api(call.api, page)):
                return True
        # Typed, a bookmark, or a link of another program: to look is allowed, to change something is not.
        looks = browser.site == "none" or (bool(page) and page == call.own and call.opens_a_page)
        return looks and not call.acts

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

    def _answering(self, call: GuardedCall, browser: Browser, send: Send) -> Send:
        """Return a `send` that leaves `Access-Control-*` only to whom it is for, and gives pages no origin."""
        shared = browser.origin in self._allowed.origins
        by_api = self._allowed.by_api(call.api, browser.origin)
        sandboxed = call.opens_a_page and call.api is None and call.own not in self._allowed.origins

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


def _explain(browser: Browser) -> str:
    """Return, for who sent a request from a browser, why it is refused and how to allow it."""
    page = browser.origin or browser.referer
    if page == "null":
        return (
            "A browser sent this from a page without an origin, such as a file: to allow it, serve the page over"
            " HTTP and start the engine with `--allow-origin` and the page's address."
        )
    if page or browser.site != "none":
        came = f"from {page}" if page else "from a page of another origin"
        return f"A browser sent this {came}: start the engine with `--allow-origin {page or 'ORIGIN'}` to allow it."
    return (
        "A browser sent this without a page's origin, so it may only read: send it from a page whose origin"
        " `--allow-origin` allows, or from a program whose User-Agent is not a browser's."
    )


def _browser(headers: Mapping[str, str]) -> Browser | None:
    """Return where a browser says that the request comes from; None if no browser sent it."""
    site, origin = (headers.get(name, "").strip().lower() for name in ("sec-fetch-site", "origin"))
    referer = headers.get("referer", "").strip()
    if site or origin or referer:
        return Browser(site, origin, _origin_of(referer))
    # One that is too old to say it, or was told to be silent, is trusted as little as a typed address.
    is_browser = headers.get("user-agent", "").strip().startswith("Mozilla/")
    return Browser("none", "", "") if is_browser else None


def _origin_of(referer: str) -> str:
    try:
        parts = urlsplit(referer)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}".lower() if referer else ""


def _is_preflight(call: GuardedCall) -> bool:
    return call.scope["method"] == "OPTIONS" and "access-control-request-method" in call.headers


def _preflight_answer(headers: Mapping[str, str]) -> Response:
    """Return the answer to a preflight request of an origin that was allowed: everything it asks for.

    https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    answer = Response(status_code=204)
    answer.raw_headers += _sharing(headers["origin"].strip().lower())
    asked = {"method": "methods", "headers": "headers"}
    for name, granted in asked.items():
        if value := headers.get(f"access-control-request-{name}"):
            answer.headers[f"Access-Control-Allow-{granted.title()}"] = value
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
