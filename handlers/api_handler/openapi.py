"""The OpenAPI document: Powertools' output for the routes, with the answers that all of them share."""

import json
from collections.abc import Iterator
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server

from api_handler.routing import describe_problem
from shared.models.answers import ProblemView

TITLE: Final = "AgenticAI"
VERSION: Final = "1"
DESCRIPTION: Final = (
    "Requirements become software: four agents plan, write, check and package it. "
    "Errors are problem documents (RFC 9457), times are UTC, and every answer has an X-Request-Id."
)
_POWERTOOLS_OWN: Final = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
_EVERYWHERE: Final = {
    "429": "Too many requests at once; try again in a moment.",
    "500": "The API failed; report the request_id.",
    "503": "A service that the API depends on does not answer; Retry-After says when to try again.",
}
_SECURED: Final = {"401": "The token is missing or wrong."}
_ABOUT_ONE: Final = {"404": "The resource does not exist."}
_WITH_INPUT: Final = {"422": "A value is invalid; `errors` says which."}
_WITH_BODY: Final = {
    "400": "The body cannot be read.",
    "413": "The body is too large.",
    "415": "The body is not declared as JSON.",
}


def describe(app: APIGatewayRestResolver) -> str:
    """Return the document as JSON; its only server is the address from which it was read."""
    text = app.get_openapi_json_schema(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        servers=[Server(url=".")],
        security=[{"bearer": []}],
        security_schemes={"bearer": HTTPBearer(scheme="bearer")},
    )
    document: dict[str, Any] = json.loads(text)
    schemas = document["components"]["schemas"]
    for name in _POWERTOOLS_OWN:
        schemas.pop(name, None)
    schemas["Problem"], parts = _make_problem_schema()
    schemas.update(parts)
    document["paths"] = dict(sorted(document["paths"].items()))
    for path, operation in _list_operations(document):
        _complete_operation(path, operation)
    return json.dumps(document, separators=(",", ":"))


def _make_problem_schema() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of problem documents, and the schemas that it refers to."""
    schema = ProblemView.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: dict[str, Any] = schema.pop("$defs")
    return schema, parts


def _list_operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _complete_operation(path: str, operation: dict[str, Any]) -> None:
    """Replace Powertools' own error answers, and add the problems that every operation of this kind can return."""
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _remove_null(parameter["schema"])
    responses = operation["responses"]
    for status in [status for status, answer in responses.items() if _is_powertools_error(answer)]:
        del responses[status]
    for status, description in _list_problems(path, operation).items():
        responses.setdefault(status, describe_problem(description))


def _list_problems(path: str, operation: dict[str, Any]) -> dict[str, str]:
    """Return the problems that follow from an operation's properties: who may call it, and its input."""
    has_body, has_parameters = "requestBody" in operation, "parameters" in operation
    return {
        **_EVERYWHERE,
        **({} if operation.get("security") == [] else _SECURED),
        **(_ABOUT_ONE if "{" in path else {}),
        **(_WITH_INPUT if has_body or has_parameters else {}),
        **(_WITH_BODY if has_body else {}),
    }


def _remove_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove null from the schema of an optional parameter, which is text and can never be null."""
    first, *_ = schema.get("anyOf", [{}])
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **first}


def _is_powertools_error(answer: dict[str, Any]) -> bool:
    return any(name in json.dumps(answer) for name in _POWERTOOLS_OWN)
