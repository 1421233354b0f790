"""What routes share: their parameters, and the OpenAPI objects of their answers."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from api_handler.commands import locate, make_etag
from api_handler.problems import invalid
from shared.models.project import ULID, Project
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

Id = Annotated[str, Path(pattern=f"^{ULID}$", description="The project's id, a ULID.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Maximum number of items on the page.")]
LongLimit = Annotated[int, Query(ge=1, le=1000, description="Maximum number of items on the page.")]
Cursor = Annotated[str | None, Query(description="`next` of the previous page.")]
Unproven = Annotated[bool, Query(description="Complete the project even if its package fails when it is tried.")]
Status = Annotated[ProjectStatus | None, Query(description="Return only projects with this status.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description=(
            "A key of your choice. Repeating a request with the same key within 24 hours does not apply it again."
        ),
    ),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=200, description="The ETag of the version that you read.")
]

_ETAG: Final = {"ETag": {"description": "The project's version, for If-Match.", "schema": {"type": "string"}}}
_LOCATION: Final = {"Location": {"description": "The project's address.", "schema": {"type": "string"}}}

VERSIONED: Final[dict[str, Any]] = {"headers": _ETAG}
STARTED: Final[dict[str, Any]] = {"headers": {**_ETAG, **_LOCATION}}
NOTHING: Final[dict[str, Any]] = {"content": {}}
TEXT: Final[dict[str, Any]] = {"content": {"text/plain": {"schema": {"type": "string"}}}}
OPEN: Final[dict[str, Any]] = {"security": []}
"""For a route that needs no token."""
NOT_NOW: Final = {409: "Not allowed in the project's current status."}


def _refuse_unknown_parameters(app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Refuse unknown query parameters: ignoring a misspelt one would answer another question."""
    known = {parameter.alias for parameter in app.context["_route"].dependant.query_params}
    unknown = sorted(set(app.current_event.query_string_parameters) - known)
    if unknown:
        raise invalid(*({"parameter": name, "detail": "unknown parameter"} for name in unknown))
    return next_middleware(app)


PAGED: Final[dict[str, Any]] = {
    "problems": {400: "The cursor does not belong to this list."},
    "middlewares": [_refuse_unknown_parameters],
}
"""For a route that returns a list."""


def make_project_response(project: Project, status: HTTPStatus = HTTPStatus.OK) -> Response[ProjectView]:
    """Return a project with its ETag and, unless the status is 200, its Location."""
    headers = {"ETag": make_etag(project), **({} if status is HTTPStatus.OK else {"Location": locate(project)})}
    return Response(status, content_type="application/json", body=ProjectView.of(project), headers=headers)
