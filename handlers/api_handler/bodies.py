"""Checks request bodies: only JSON objects of bounded size in UTF-8 are accepted."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from api_handler.problems import Problem, ProblemKind

MAX_BYTES: Final = 256 * 1024
"""Enough for the longest requirements with every character escaped."""

_REPLACEMENT: Final = "\ufffd"


def check(request: APIGatewayProxyEvent) -> None:
    """Raise `Problem` unless the request's body, if any, is small enough, declared as JSON, and UTF-8."""
    body = request.body
    if not body:
        return
    if len(body.encode(errors="surrogatepass")) > MAX_BYTES:
        raise Problem(ProblemKind.TOO_LARGE, f"The body is larger than {MAX_BYTES} bytes.")
    media_type = (request.headers.get("content-type") or "").split(";")[0].strip().lower()
    if media_type != "application/json" or request.is_base64_encoded:
        raise Problem(ProblemKind.NOT_JSON, "Send a body with the header `Content-Type: application/json`.")
    # API Gateway replaces bytes that are not UTF-8 with this character; the original is lost.
    if _REPLACEMENT in body:
        raise Problem(
            ProblemKind.MALFORMED, "The body is not valid UTF-8, or contains the replacement character U+FFFD."
        )


def drop_content_type(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked event without its content type: Powertools would check it again, but only in lower case."""
    headers = (event.get("headers") or {}).items()
    return {**event, "headers": {name: value for name, value in headers if name.lower() != "content-type"}}


def parse(text: str) -> dict[str, Any]:
    """Return a body's JSON object. Raises `Problem` if the body is not a readable JSON object."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicate_members)
    except json.JSONDecodeError as error:
        raise Problem(
            ProblemKind.MALFORMED, f"The body is not JSON: {error.msg} at character {error.pos + 1}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise Problem(
            ProblemKind.MALFORMED, "The body contains a number that JSON does not allow, or is nested too deeply."
        ) from error
    if not isinstance(value, dict):
        raise Problem(ProblemKind.MALFORMED, "The body is not a JSON object.")
    return value


def _refuse_duplicate_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises `Problem` if two members have the same name, as parsers differ in which one they use."""
    value = dict(members)
    if len(value) < len(members):
        raise Problem(ProblemKind.MALFORMED, "The body has an object with two members of the same name.")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError  # NaN and Infinity, which Python accepts, but JSON does not have
