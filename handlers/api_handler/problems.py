"""Errors as `application/problem+json` (RFC 9457): the API's problem types, and their documents."""

import json
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, NamedTuple

CONTENT_TYPE: Final = "application/problem+json"
TYPES: Final = "urn:agenticai:problem:"

MAX_FAULTS: Final = 20
MAX_FAULT_TEXT: Final = 200
"""The limits of a document: its faults, and the characters of each, as callers choose the names in them."""


class _ProblemKind(NamedTuple):
    name: str
    status: HTTPStatus


class ProblemKind(Enum):
    """Every problem type: the last part of its URN, which never changes, and its status."""

    MALFORMED = _ProblemKind("malformed", HTTPStatus.BAD_REQUEST)
    FOREIGN_CURSOR = _ProblemKind("foreign-cursor", HTTPStatus.BAD_REQUEST)
    UNAUTHORIZED = _ProblemKind("unauthorized", HTTPStatus.UNAUTHORIZED)
    NOT_FOUND = _ProblemKind("not-found", HTTPStatus.NOT_FOUND)
    NOT_NOW = _ProblemKind("not-now", HTTPStatus.CONFLICT)
    VERSION_CHANGED = _ProblemKind("version-changed", HTTPStatus.PRECONDITION_FAILED)
    TOO_LARGE = _ProblemKind("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    NOT_JSON = _ProblemKind("not-json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    INVALID = _ProblemKind("invalid", HTTPStatus.UNPROCESSABLE_ENTITY)
    KEY_REUSED = _ProblemKind("key-reused", HTTPStatus.UNPROCESSABLE_ENTITY)
    VERSION_MISSING = _ProblemKind("version-missing", HTTPStatus.PRECONDITION_REQUIRED)
    INTERNAL = _ProblemKind("internal", HTTPStatus.INTERNAL_SERVER_ERROR)
    UNAVAILABLE = _ProblemKind("unavailable", HTTPStatus.SERVICE_UNAVAILABLE)
    UNFINISHED = _ProblemKind("unfinished", HTTPStatus.SERVICE_UNAVAILABLE)
    UNHEALTHY = _ProblemKind("unhealthy", HTTPStatus.SERVICE_UNAVAILABLE)

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status of this type."""
        return self.value.status

    @property
    def urn(self) -> str:
        """The `type` member of its documents."""
        return TYPES + self.value.name


class Problem(Exception):
    """Raised to answer with a problem document; `members` are added to it."""

    def __init__(
        self, kind: ProblemKind, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def render_document(self, request_id: str) -> str:
        """Return the problem document."""
        return json.dumps(
            {
                "type": self.kind.urn,
                "title": self.kind.status.phrase,
                "status": self.kind.status.value,
                "detail": self.detail,
                "request_id": request_id,
                **self.members,
            }
        )


def not_found(what: str) -> Problem:
    """Return the problem for something that does not exist."""
    return Problem(ProblemKind.NOT_FOUND, f"There is no such {what}.")


def unauthorized() -> Problem:
    """Return the problem for a token that is missing or wrong (RFC 6750)."""
    challenge = {"WWW-Authenticate": 'Bearer realm="agenticai"'}
    detail = "The token is missing, wrong, or no longer valid: send the header `Authorization: Bearer <token>`."
    return Problem(ProblemKind.UNAUTHORIZED, detail, headers=challenge)


def unavailable() -> Problem:
    """Return the problem for a service behind the API that is throttled or down."""
    return Problem(ProblemKind.UNAVAILABLE, "Try again in a few seconds.", headers={"Retry-After": "5"})


def invalid(*faults: Mapping[str, str]) -> Problem:
    """Return the problem for invalid values; a fault has a `detail`, and a `pointer` into the body or a `parameter`."""
    errors = [{name: text[:MAX_FAULT_TEXT] for name, text in fault.items()} for fault in faults[:MAX_FAULTS]]
    texts = [f"{fault.get('parameter', fault.get('pointer')) or 'the body'}: {fault['detail']}" for fault in errors[:3]]
    more = [f"and {len(faults) - len(texts)} more"] if len(faults) > len(texts) else []
    return Problem(ProblemKind.INVALID, "; ".join(texts + more), errors=errors)
