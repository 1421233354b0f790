"""Composes the API: authentication, body checks, the routes, and an answer for every error."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from api_handler import artifact_routes, bodies, general_routes, project_routes
from api_handler.access import is_authorized
from api_handler.commands import Commands
from api_handler.headers import add_headers
from api_handler.problems import (
    CONTENT_TYPE,
    Problem,
    ProblemKind,
    invalid,
    not_found,
    unauthorized,
    unavailable,
)
from api_handler.service import Service
from api_handler.tokens import Tokens
from shared.models.errors import Retryable

ROUTES = (project_routes.routes, artifact_routes.routes, general_routes.templates, general_routes.health)


class Resolver(APIGatewayRestResolver):
    """Powertools' resolver, with `<path>` matching the rest of the address, slashes included."""

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:
        if not rule.endswith("<path>"):
            return _compile(rule)
        before = _compile(rule.removesuffix("<path>")).pattern.removesuffix("/*$")
        return re.compile(before + "(?P<path>.+)$", re.DOTALL)


@dataclass(frozen=True)
class Api:
    """Answers requests. `log_fault` is called for each unexpected error, while it is being handled."""

    tokens: Callable[[], Tokens]
    service: Callable[[], Service]
    commands: Callable[[], Commands]
    allowed_origin: str | None
    log_fault: Callable[[str], object]

    def answer(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one API Gateway request."""
        request = APIGatewayProxyEvent(event)
        try:
            answer = self._answer(request, event, context)
        except Exception as error:  # noqa: BLE001 - the invocation's edge: whatever it was becomes an answer
            answer = self._make_problem_answer(error, request)
        return add_headers(answer, request, self.allowed_origin)

    def _answer(
        self, request: APIGatewayProxyEvent, event: dict[str, Any], context: LambdaContext
    ) -> Mapping[str, Any]:
        if request.http_method == "OPTIONS":
            return {"statusCode": HTTPStatus.NO_CONTENT.value}
        if not is_authorized(request, self.tokens):
            raise unauthorized()
        bodies.check(request)
        app = build_resolver()
        app.context.update(service=self.service, commands=self.commands, document=build_document, page=render_page)
        answer: Mapping[str, Any] = app.resolve(bodies.drop_content_type(event), context)
        return answer

    def _make_problem_answer(self, error: Exception, request: APIGatewayProxyEvent) -> Mapping[str, Any]:
        problem = find_problem(error)
        if problem.kind is ProblemKind.INTERNAL:
            self.log_fault("a request could not be answered")
        headers = {"Content-Type": CONTENT_TYPE, **problem.headers}
        return {
            "statusCode": problem.kind.status.value,
            "body": problem.render_document(request.request_context.request_id),
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
        }


@cache
def build_resolver() -> Resolver:
    """Return the resolver with all routes, for requests that are authenticated."""
    app = Resolver(
        enable_validation=True,
        response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
        json_body_deserializer=bodies.parse,
    )
    for routes in ROUTES:
        app.include_router(routes)
    app.exception_handler(Exception)(_reraise)
    app.not_found(_raise_not_found)
    return app


@cache
def build_document() -> str:
    """Return the OpenAPI document; built on first use, as that takes longer than any other answer."""
    from api_handler.openapi import describe

    return describe(build_resolver())


@cache
def render_page() -> str:
    """Return the OpenAPI document as an HTML page."""
    from api_handler.page import render

    return render(build_document())


def find_problem(error: Exception) -> Problem:
    """Return the problem that a caller is shown for an error."""
    match error:
        case Problem():
            return error
        case Retryable():
            return unavailable()
        case RequestValidationError():
            return invalid(*map(_describe_invalid_value, error.errors()))
        case _:
            return Problem(ProblemKind.INTERNAL, "The API failed; report the request_id.")  # the log has it


def _describe_invalid_value(error: Mapping[str, Any]) -> dict[str, str]:
    """Return Pydantic's error as a location in the request and a reason."""
    origin, *path = error["loc"]
    detail = error["msg"].removeprefix("Value error, ")
    if origin == "body":
        steps = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
        return {"pointer": "".join(f"/{step}" for step in steps), "detail": detail}
    return {"parameter": ".".join(map(str, path)), "detail": detail}


def _reraise(error: Exception) -> Response[str]:
    raise error  # Powertools would answer some of its own errors; `Api.answer` handles all of them alike


def _raise_not_found(error: NotFoundError) -> Response[str]:
    raise not_found("resource") from error


def _compile(rule: str) -> re.Pattern[str]:
    compiled: re.Pattern[str] = APIGatewayRestResolver._compile_regex(rule)
    return compiled
