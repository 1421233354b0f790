"""The headers of every answer: the request's id, security headers for browsers, and CORS."""

from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

_ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
_READABLE: Final = "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id"
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-Match",
    "Access-Control-Max-Age": "600",
}


def add_headers(answer: Mapping[str, Any], request: APIGatewayProxyEvent, allowed_origin: str | None) -> dict[str, Any]:
    """Return the answer with all missing headers; those that a route has set stay."""
    headers = dict(answer.get("multiValueHeaders") or {})
    defaults = {
        **_ALWAYS,
        **make_cors_headers(request, allowed_origin),
        "X-Request-Id": request.request_context.request_id,
    }
    present = {name.lower() for name in headers}
    missing = {name: [value] for name, value in defaults.items() if name.lower() not in present}
    return {**answer, "body": answer.get("body") or "", "multiValueHeaders": {**headers, **missing}}


def make_cors_headers(request: APIGatewayProxyEvent, allowed_origin: str | None) -> Mapping[str, str]:
    """Return the headers that let pages of `allowed_origin` read the answer; `*` allows any (fetch.spec.whatwg.org)."""
    if not allowed_origin:
        return {}
    varies = {} if allowed_origin == "*" else {"Vary": "Origin"}
    if allowed_origin not in {"*", request.headers.get("origin")}:
        return varies
    preflight = _PREFLIGHT if request.http_method == "OPTIONS" else {"Access-Control-Expose-Headers": _READABLE}
    return {**varies, **preflight, "Access-Control-Allow-Origin": allowed_origin}
