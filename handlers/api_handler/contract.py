"""What the routes share: the parameters that they take, and how they say what they answer."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from api_handler.commands import Commands, etag, location
from api_handler.problems import CONTENT_TYPE, invalid
from api_handler.service import Service
from shared.models.project import Project
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

Id = Annotated[str, Path(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$", description="The project's id, a ULID.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at the most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Status = Annotated[ProjectStatus | None, Query(description="Only projects of this status.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="Any text of your own; the same one with the same request counts once, for a day at the least.",
    ),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=200, description="The ETag of the project that you saw.")
]

PROBLEM: Final = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PROBLEMS: Final = {
    400: "The body cannot be read, or the cursor is not one of this list.",
    404: "There is no such thing.",
    409: "The project's status has no place for this.",
    412: "The project has changed since.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "A value breaks the contract; `errors` says which.",
    428: "If-Match is missing.",
}
_ETAG: Final = {"ETag": {"description": "The project's version, for If-Match.", "schema": {"type": "string"}}}
_LOCATION: Final = {"Location": {"description": "The project's address.", "schema": {"type": "string"}}}

VERSIONED: Final[dict[str, Any]] = {"headers": _ETAG}
STARTED: Final[dict[str, Any]] = {"headers": {**_ETAG, **_LOCATION}}
NOTHING: Final[dict[str, Any]] = {"content": {}}
TEXT: Final[dict[str, Any]] = {"content": {"text/plain": {"schema": {"type": "string"}}}}
OPEN: Final[dict[str, Any]] = {"security": []}
"""Of a route that needs no token."""


def answers(status: int, description: str, *problems: int, **details: Any) -> dict[int, OpenAPIResponse]:
    """A route's answer, and the problems that it can have beside those that all have."""
    answered: dict[int, Any] = {status: {"description": description, **details}}
    answered.update({problem: {"description": _PROBLEMS[problem], "content": PROBLEM} for problem in problems})
    return answered


def refuse_unknown_parameters(app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """A misspelt parameter that is silently left out would give the answer to another question."""
    known = {parameter.alias for parameter in app.context["_route"].dependant.query_params}
    unknown = sorted(set(app.current_event.query_string_parameters) - known)
    if unknown:
        raise invalid(*({"parameter": name, "detail": "there is no such parameter"} for name in unknown))
    return next_middleware(app)


def project_response(project: Project, status: HTTPStatus = HTTPStatus.OK) -> Response[ProjectView]:
    """A project as an answer, with its version; and with its address, where the answer is not at that address."""
    headers = {"ETag": etag(project), **({} if status is HTTPStatus.OK else {"Location": location(project)})}
    return Response(status, content_type="application/json", body=ProjectView.of(project), headers=headers)


def service(router: APIGatewayRouter) -> Service:
    """The use cases that read, put into the context for each request."""
    made: Service = router.context["service"]()
    return made


def commands(router: APIGatewayRouter) -> Commands:
    """The use cases that change, put into the context for each request."""
    made: Commands = router.context["commands"]()
    return made


def correlation_id(router: APIGatewayRouter) -> str:
    """The id of the request, under which all logs of what it starts can be found."""
    request_id: str = router.current_event.request_context.request_id
    return request_id


def remaining(router: APIGatewayRouter) -> float:
    """Seconds until the function is stopped."""
    return float(router.lambda_context.get_remaining_time_in_millis() / 1000)
