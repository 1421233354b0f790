"""The API put together: the routes, and an answer for every error."""

import re
from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from api_handler import artifact_routes, project_routes
from api_handler.problems import NotFound, Problem, Unauthorized, Unavailable, respond
from shared.errors import Retryable


class Resolver(APIGatewayRestResolver):
    """Powertools' resolver, with `<path>` matching the rest of the address, slashes too."""

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:
        if not rule.endswith("<path>"):
            return _compile(rule)
        before = _compile(rule.removesuffix("<path>")).pattern.removesuffix("/*$")
        return re.compile(before + "(?P<path>.+)$")


def _compile(rule: str) -> re.Pattern[str]:
    compiled: re.Pattern[str] = APIGatewayRestResolver._compile_regex(rule)
    return compiled


def open_api(allowed_origin: str | None) -> Resolver:
    """All routes, for requests that were admitted; browsers may call from `allowed_origin`, if any."""
    app = Resolver(enable_validation=True, cors=_cors(allowed_origin))
    app.include_router(project_routes.router)
    app.include_router(artifact_routes.router)
    app.exception_handler(Problem)(respond)
    app.exception_handler(Retryable)(_unavailable)
    app.exception_handler(RequestValidationError)(_invalid)
    app.not_found(_not_found)
    return app


def closed_api(allowed_origin: str | None) -> Resolver:
    """No routes at all, for requests that were not admitted: a browser's preflight is answered, all else refused."""
    app = Resolver(cors=_cors(allowed_origin))
    app.not_found(_unauthorized)
    return app


def _cors(allowed_origin: str | None) -> CORSConfig | None:
    return CORSConfig(allow_origin=allowed_origin, allow_headers=["Authorization"]) if allowed_origin else None


def _unauthorized(error: NotFoundError) -> Response[str]:
    return respond(Unauthorized())


def _not_found(error: NotFoundError) -> Response[str]:
    return respond(NotFound("resource"))


def _unavailable(error: Retryable) -> Response[str]:
    return respond(Unavailable())


def _invalid(error: RequestValidationError) -> Response[str]:
    faults = [{"field": ".".join(map(str, fault["loc"])), "reason": fault["msg"]} for fault in error.errors()]
    named = "; ".join(f"{fault['field']}: {fault['reason']}" for fault in faults[:3])
    return respond(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", named, errors=faults))
