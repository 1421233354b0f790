"""Errors as `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

TYPES: Final = "urn:agenticai:problem:"


class Problem(Exception):
    """An answer other than the one asked for; `kind` is the last part of its stable type."""

    def __init__(self, status: HTTPStatus, kind: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.members = members
        self.headers: Mapping[str, str] = {}


class NotFound(Problem):
    """There is no such thing, or not for this caller."""

    def __init__(self, what: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, "not-found", f"There is no such {what}.")


class Unauthorized(Problem):
    """The token is absent or wrong (RFC 6750)."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, "unauthorized", "Send the header `Authorization: Bearer <token>`.")
        self.headers = {"WWW-Authenticate": 'Bearer realm="agenticai"'}


class Unavailable(Problem):
    """Something behind the API is throttled or down for now."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Try again in a few seconds.")
        self.headers = {"Retry-After": "5"}


def respond(problem: Problem) -> Response[str]:
    """The answer that carries a problem."""
    body = {
        "type": TYPES + problem.kind,
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        **problem.members,
    }
    return Response(
        status_code=problem.status.value,
        content_type="application/problem+json",
        body=json.dumps(body),
        headers=dict(problem.headers),
    )
