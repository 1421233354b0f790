"""Applies the size limits of request bodies to compressed requests, too."""

import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from agenticai.emulator.http.aws_errors import build_error_answer
from agenticai.emulator.http.request import Request
from agenticai.emulator.http.size_limits import ANYTHING, UNSIGNED

Answer = tuple[int, dict[str, str], bytes]
Dispatch = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any], str], Awaitable[Answer]]

GZIP = 16 + zlib.MAX_WBITS


def bound_inflation(dispatch: Dispatch) -> Dispatch:
    """Refuse a request whose body would inflate beyond the service's limit; S3 does not inflate bodies."""

    async def dispatch_bounded(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any], request_id: str
    ) -> Answer:
        request = Request(method, path, urlencode(query, doseq=True), headers)
        service = request.service or UNSIGNED
        compressed = "gzip" in headers.get("content-encoding", "").lower() and service != UNSIGNED
        if compressed and not inflates_within(ANYTHING.size, body):
            answer = build_error_answer(ANYTHING.error(len(body)), request, service, request_id)
            return answer.status_code, dict(answer.headers), bytes(answer.body)
        return await dispatch(method, path, headers, body, query, request_id)

    return dispatch_bounded


def inflates_within(limit: int, body: bytes) -> bool:
    """Return whether a body inflates to at most `limit` bytes; true for invalid gzip, which fails later."""
    remaining = limit
    while body:
        inflater = zlib.decompressobj(GZIP)
        try:
            remaining -= len(inflater.decompress(body, remaining + 1))
        except zlib.error:
            return True
        if remaining < 0:
            return False
        body = inflater.unused_data
    return True
