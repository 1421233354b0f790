"""The head of a request, parsed once for all steps of the gateway."""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from starlette.types import Scope

CONTROL: Final = "/_harness"
GEMINI: Final = "/_gemini"
"""Path prefixes of requests that are not for AWS."""

_CREDENTIAL: Final = re.compile(r"Credential=[^/,\s]+/\d{8}/[^/,\s]*/([^/,\s]+)/aws4_request")
_DEPLOYED_API: Final = re.compile(r"/_aws/execute-api/([^/]+)/|/restapis/([^/]+)/[^/]+/_user_request_(?:/|$)")
LINK_OF_S3: Final = frozenset({"AWSAccessKeyId", "Signature", "Expires"})
"""The parameters of a presigned S3 URL of signature version 2, which boto3 creates by default.

See https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html.
"""

_PARSED: Final = "agenticai.request"


@dataclass(frozen=True)
class Request:
    """The head of an HTTP request; header names are in lower case, path and query exactly as received."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @functools.cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The decoded query."""
        return parse_qs(self.query, keep_blank_values=True)

    def get_parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        return next(iter(self.parameters.get(name, [])), None)

    @property
    def session_token(self) -> str | None:
        """The session token with which the request was signed."""
        in_link = self.get_parameter("X-Amz-Security-Token") or self.get_parameter("x-amz-security-token")
        return self.headers.get("x-amz-security-token") or in_link

    @property
    def is_form(self) -> bool:
        """Whether the body is a form, which in AWS's query protocol names the operation."""
        return self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")

    @functools.cached_property
    def service(self) -> str | None:
        """The AWS service as in the SigV4 scope, such as `dynamodb`; None for a request that is not for AWS."""
        if find_deployed_api(self.path):
            return "execute-api"
        if self.parameters.keys() >= LINK_OF_S3:
            return "s3"
        credential = f"Credential={unquote(self.get_parameter('X-Amz-Credential') or '')}"
        signed = _CREDENTIAL.search(self.headers.get("authorization", "") or credential)
        return signed and signed[1]


def find_deployed_api(path: str) -> str | None:
    """Return the id of the deployed API at this path, or None."""
    match = _DEPLOYED_API.match(path)
    return match and (match[1] or match[2])


def read_request(scope: Scope) -> Request:
    """Return the head of the request or WebSocket handshake in an ASGI scope."""
    if _PARSED not in scope:
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope.get("query_string", b"")
        method = scope.get("method", "GET")
        scope[_PARSED] = Request(
            method, path.decode("latin-1"), query.decode("latin-1"), decode_headers(scope["headers"])
        )
    parsed: Request = scope[_PARSED]
    return parsed


def replace_request(scope: Scope, **changes: Any) -> Scope:
    """Return a copy of the scope with another request; parts that are not given stay unchanged."""
    return {name: value for name, value in scope.items() if name != _PARSED} | changes


def decode_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return ASGI headers as text, names in lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
