"""AWS behind botocore's clients: returns what a test sets, and keeps the requests."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders


class Asked(NamedTuple):
    """A request as it would be sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


class Wire:
    """Replaces the network of a botocore client; the last of its answers is repeated."""

    def __init__(self, client: Any, *answers: tuple[int, object]) -> None:
        self._answers = list(answers)
        self.asked: list[Asked] = []
        client.meta.events.register("before-send", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.asked.append(Asked(request.url, _as_text(dict(request.headers.items())), _as_bytes(request.body)))
        status, body = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return AWSResponse(request.url, status, HTTPHeaders(), _Body(content))

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        """The bodies of requests to services with a JSON protocol."""
        return [json.loads(asked.body) for asked in self.asked]


def _as_text(headers: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in headers.items()}


def _as_bytes(body: Any) -> bytes:
    content = body.read() if hasattr(body, "read") else body
    return content.encode() if isinstance(content, str) else bytes(content or b"")
